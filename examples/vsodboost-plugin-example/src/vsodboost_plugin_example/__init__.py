"""A target and a flow estimator for vsodboost."""

from __future__ import annotations

from typing import Any

from vsodboost import FlowCard, Request, TargetCard, UsageError, hookimpl
from vsodboost_plugin_example.block_matching import BlockMatching
from vsodboost_plugin_example.spectral_residual import SpectralResidual

TARGET_CARD = TargetCard(
    summary="spectral residual of the frame: what is rare in its Fourier spectrum",
    licence="Apache-2.0",
    paper="Hou and Zhang, Saliency Detection: A Spectral Residual Approach, CVPR 2007",
    options={"width": "px the frame is scaled to (default 64, the paper's)"},
)
FLOW_CARD = FlowCard(
    summary="one shift a block of 32 px, by normalised cross-correlation; up to 16 px a frame",
    licence="Apache-2.0",
)


def _spectral_residual(request: Request) -> SpectralResidual:
    width = request.options.get("width", "64")
    if not width.isdecimal() or int(width) < 8:
        raise UsageError(f"spectral-residual: width is a whole number of at least 8, not '{width}'")
    return SpectralResidual(int(width))


@hookimpl
def vsodboost_register_targets(register: Any) -> None:
    """``--target spectral-residual``."""
    register("spectral-residual", _spectral_residual, TARGET_CARD)


@hookimpl
def vsodboost_register_flows(register: Any) -> None:
    """``--flow block-matching``."""
    register("block-matching", lambda request: BlockMatching(), FLOW_CARD)
