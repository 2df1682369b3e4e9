"""Boosters: what to learn from. Each registers through the same hook as a stranger's."""

from __future__ import annotations

from vsodboost.boosters.keyframe import booster as keyframe
from vsodboost.boosters.labels import booster as labels
from vsodboost.boosters.longterm import booster as longterm
from vsodboost.boosters.mqp import booster as mqp
from vsodboost.boosters.mqp import paper as mqp_paper
from vsodboost.registry.hookspecs import RegisterBooster, RegisterSpatialModel, hookimpl


@hookimpl
def vsodboost_register_boosters(register: RegisterBooster) -> None:
    register("mqp", mqp.build, mqp.CARD)
    register("mqp-paper", mqp_paper.build, mqp_paper.CARD)
    register("longterm", longterm.build, longterm.CARD)
    register("longterm-paper", longterm.build_paper, longterm.PAPER_CARD)
    register("keyframe", keyframe.build, keyframe.CARD)
    register("keyframe-paper", keyframe.build_paper, keyframe.PAPER_CARD)
    register("labels", labels.build, labels.CARD)
    register("labels-paper", labels.build_paper, labels.PAPER_CARD)


@hookimpl
def vsodboost_register_spatial_models(register: RegisterSpatialModel) -> None:
    register("mqp-paper", mqp_paper.build_spatial, mqp_paper.SPATIAL_CARD)
    register("fgplg", labels.build_network, labels.NETWORK_CARD)
