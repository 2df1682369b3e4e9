"""Polynomial expansion: the classical dense estimator, for comparison.

Farnebäck, "Two-Frame Motion Estimation Based on Polynomial Expansion", SCIA 2003, in OpenCV's implementation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsodboost.data.cards import FlowCard
from vsodboost.registry.hookspecs import RegisterFlow, hookimpl
from vsodboost.registry.interfaces import Request
from vsodboost.registry.options import Options

if TYPE_CHECKING:
    from vsodboost.data.types import FlowField, Frames


LEVELS, WINDOW = 5, 15
ITERATIONS, NEIGHBOURHOOD, SIGMA = 3, 7, 1.5


class Farneback:
    """Polynomial expansion over ``levels`` halvings, averaged over windows of ``window`` px."""

    def __init__(self, levels: int = LEVELS, window: int = WINDOW) -> None:
        self._levels, self._window = levels, window

    def estimate(self, first: Frames, second: Frames) -> FlowField:
        """Flow ``float32[N, H, W, 2]`` in px from ``first[n]`` to ``second[n]``, both ``uint8[N, H, W, 3]`` RGB."""
        import cv2
        import numpy as np

        from .frame_pairs import check_frame_pairs, grey, no_flow

        count, height, width = check_frame_pairs(first, second)
        flow = no_flow(count, height, width)
        for n in range(count):
            cv2.calcOpticalFlowFarneback(
                grey(first[n]), grey(second[n]), flow[n], pyr_scale=0.5, levels=self._levels, winsize=self._window,
                iterations=ITERATIONS, poly_n=NEIGHBOURHOOD, poly_sigma=SIGMA, flags=0,
            )  # fmt: skip
        return np.nan_to_num(flow, copy=False)


def build(request: Request) -> Farneback:
    """The estimator for one run; options ``levels`` and ``window``."""
    options = Options(request.options, "--flow-option")
    return Farneback(options.whole("levels", LEVELS), options.whole("window", WINDOW, least=3))


@hookimpl
def vsodboost_register_flows(register: RegisterFlow) -> None:
    register(
        "farneback",
        build,
        FlowCard(
            summary="Farnebäck's polynomial expansion (OpenCV): classical, slower and coarser than dis",
            paper="Farnebäck, SCIA 2003, doi:10.1007/3-540-45103-X_50",
            options={"levels": f"pyramid levels (default {LEVELS})", "window": f"px averaged (default {WINDOW})"},
        ),
    )
