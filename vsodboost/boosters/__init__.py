"""Boosters: what to learn from. Each registers through the same hook as a stranger's.

Each is imported when it is built: registering needs its card only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsodboost.boosters import cards
from vsodboost.registry.hookspecs import RegisterBooster, RegisterSpatialModel, hookimpl
from vsodboost.registry.interfaces import Request

if TYPE_CHECKING:
    from torch import nn

    from vsodboost.registry.booster import Booster


def _mqp(request: Request) -> Booster:
    from vsodboost.boosters.mqp.booster import build

    return build(request)


def _mqp_paper(request: Request) -> Booster:
    from vsodboost.boosters.mqp.paper import build

    return build(request)


def _longterm(request: Request) -> Booster:
    from vsodboost.boosters.longterm.booster import build

    return build(request)


def _longterm_paper(request: Request) -> Booster:
    from vsodboost.boosters.longterm.paper import build

    return build(request)


def _keyframe(request: Request) -> Booster:
    from vsodboost.boosters.keyframe.booster import build

    return build(request)


def _keyframe_paper(request: Request) -> Booster:
    from vsodboost.boosters.keyframe.booster import build_paper

    return build_paper(request)


def _labels(request: Request) -> Booster:
    from vsodboost.boosters.labels.booster import build

    return build(request)


def _labels_paper(request: Request) -> Booster:
    from vsodboost.boosters.labels.paper import build

    return build(request)


def _mqp_paper_network(request: Request) -> nn.Module:
    from vsodboost.boosters.mqp.paper import build_spatial

    return build_spatial(request)


def _labels_network(request: Request) -> nn.Module:
    from vsodboost.boosters.labels.booster import build_network

    return build_network(request)


def _untuned(request: Request) -> Booster:
    from vsodboost.boosters.untuned import build

    return build(request)


@hookimpl
def vsodboost_register_boosters(register: RegisterBooster) -> None:
    register("mqp", _mqp, cards.MQP)
    register("mqp-paper", _mqp_paper, cards.MQP_PAPER)
    register("longterm", _longterm, cards.LONGTERM)
    register("longterm-paper", _longterm_paper, cards.LONGTERM_PAPER)
    register("keyframe", _keyframe, cards.KEYFRAME)
    register("keyframe-paper", _keyframe_paper, cards.KEYFRAME_PAPER)
    register("labels", _labels, cards.LABELS)
    register("labels-paper", _labels_paper, cards.LABELS_PAPER)
    register("none", _untuned, cards.UNTUNED)


@hookimpl
def vsodboost_register_spatial_models(register: RegisterSpatialModel) -> None:
    register("mqp-paper", _mqp_paper_network, cards.MQP_PAPER_NETWORK)
    register("fgplg", _labels_network, cards.LABELS_NETWORK)
