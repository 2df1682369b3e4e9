"""Dense inverse search: the default estimator, accurate enough and nearly free.

Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016, in OpenCV's implementation (4 and 5 alike).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsodboost.data.cards import FlowCard
from vsodboost.registry.hookspecs import RegisterFlow, hookimpl
from vsodboost.registry.interfaces import Request
from vsodboost.registry.options import Options

if TYPE_CHECKING:
    from vsodboost.data.types import FlowField, Frames


PRESETS = ("ultrafast", "fast", "medium")
# Photometric error on DAVIS pairs at 320 px: ultrafast 7.7, fast 7.5, medium 6.5; 2, 4 and 18 ms a frame on one core.
DEFAULT_PRESET = "medium"
LEAST_SIDE = 32  # the pyramid of a narrower frame ends above the preset's finest level, which OpenCV refuses


class DIS:
    """Dense inverse search with one of OpenCV's presets."""

    def __init__(self, preset: str = DEFAULT_PRESET) -> None:
        import cv2

        self._preset: int = getattr(cv2, f"DISOPTICAL_FLOW_PRESET_{preset.upper()}")

    def estimate(self, first: Frames, second: Frames) -> FlowField:
        """Flow ``float32[N, H, W, 2]`` in px from ``first[n]`` to ``second[n]``, both ``uint8[N, H, W, 3]`` RGB."""
        import cv2
        import numpy as np

        from .frame_pairs import check_frame_pairs, enlarge_by_border, grey, no_flow

        count, height, width = check_frame_pairs(first, second)
        flow = no_flow(count, height, width)
        matcher = cv2.DISOpticalFlow.create(self._preset)  # keeps buffers between calls, so threads must not share it
        first, second = enlarge_by_border(first, LEAST_SIDE), enlarge_by_border(second, LEAST_SIDE)
        for n in range(count):
            found = np.asarray(matcher.calc(grey(first[n]), grey(second[n]), None), np.float32)
            flow[n] = found[:height, :width]
        return flow


def build(request: Request) -> DIS:
    """The estimator for one run; option ``preset``."""
    return DIS(Options(request.options, "--flow-option").choice("preset", PRESETS, DEFAULT_PRESET))


@hookimpl
def vsodboost_register_flows(register: RegisterFlow) -> None:
    register(
        "dis",
        build,
        FlowCard(
            summary="Dense inverse search (OpenCV), the default: needs no weights, about 20 ms a frame on one core",
            paper="Kroeger et al., ECCV 2016, arXiv:1603.03590",
            options={"preset": f"ultrafast, fast or medium (default {DEFAULT_PRESET})"},
        ),
    )
