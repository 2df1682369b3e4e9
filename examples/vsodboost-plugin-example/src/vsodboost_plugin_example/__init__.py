"""A target, a flow estimator, a booster and a writer for vsodboost.

Cards and factories stand here; what is heavy is imported when it is built.
"""

from __future__ import annotations

from typing import Any

from vsodboost import BoosterCard, Card, FlowCard, Request, TargetCard, UsageError, hookimpl

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


BOOSTER_CARD = BoosterCard(summary="every tenth frame in which something moves teaches the student")
WRITER_CARD = Card(summary="areas.txt: how much of each frame is salient")


def _spectral_residual(request: Request) -> Any:
    from vsodboost_plugin_example.spectral_residual import SpectralResidual

    width = request.options.get("width", "64")
    if not width.isdecimal() or int(width) < 8:
        raise UsageError(f"spectral-residual: width is a whole number of at least 8, not '{width}'")
    return SpectralResidual(int(width))


def _block_matching(request: Request) -> Any:
    from vsodboost_plugin_example.block_matching import BlockMatching

    return BlockMatching()


def _every_tenth(request: Request) -> Any:
    from vsodboost_plugin_example.every_tenth import EveryTenth

    return EveryTenth()


def _areas(request: Request) -> Any:
    from vsodboost_plugin_example.areas import Areas

    return Areas()


@hookimpl
def vsodboost_register_targets(register: Any) -> None:
    """``--target spectral-residual``."""
    register("spectral-residual", _spectral_residual, TARGET_CARD)


@hookimpl
def vsodboost_register_flows(register: Any) -> None:
    """``--flow block-matching``."""
    register("block-matching", _block_matching, FLOW_CARD)


@hookimpl
def vsodboost_register_boosters(register: Any) -> None:
    """``--booster every-tenth``."""
    register("every-tenth", _every_tenth, BOOSTER_CARD)


@hookimpl
def vsodboost_register_writers(register: Any) -> None:
    """``--write areas``."""
    register("areas", _areas, WRITER_CARD)
