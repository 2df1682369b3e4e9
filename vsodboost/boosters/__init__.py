"""Boosters: what to learn from. Each registers through the same hook as a stranger's."""

from __future__ import annotations

from vsodboost.boosters import keyframe, longterm, mqp, mqp_paper
from vsodboost.hookspecs import RegisterBooster, RegisterSpatialModel, hookimpl


@hookimpl
def vsodboost_register_boosters(register: RegisterBooster) -> None:
    register("mqp", mqp.build, mqp.CARD)
    register("mqp-paper", mqp_paper.build, mqp_paper.CARD)
    register("longterm", longterm.build, longterm.CARD)
    register("keyframe", keyframe.build, keyframe.CARD)


@hookimpl
def vsodboost_register_spatial_models(register: RegisterSpatialModel) -> None:
    register("mqp-paper", mqp_paper.build_spatial, mqp_paper.SPATIAL_CARD)
