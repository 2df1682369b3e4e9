"""Networks of ours that are no plugins but take weights, which ``vsodboost train`` makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from vsodboost.data.cards import WeightsSource

if TYPE_CHECKING:
    from torch import nn

LICENCE = "yours, as far as the training data's allows"


def _paper_mqpm() -> nn.Module:
    from vsodboost.networks.paper_mqpm import PaperMqpm

    return PaperMqpm()


def _paper_spatial() -> nn.Module:
    from vsodboost.networks.localisation import LocalisationNetwork

    return LocalisationNetwork()


MQPM_PAPER = WeightsSource(
    file="runs/mqpm-paper/mqpm-paper.safetensors",
    published="nobody publishes them",
    licence=LICENCE,
    build=_paper_mqpm,
    made_by="vsodboost train mqpm-paper DAVIS",
)
MQP_PAPER = WeightsSource(
    file="runs/spatial-paper/spatial-paper.safetensors",
    published="nobody publishes them",
    licence=LICENCE,
    build=_paper_spatial,
    made_by="vsodboost train spatial-paper DAVIS",
)
OWN: Mapping[str, WeightsSource] = {"mqpm-paper": MQPM_PAPER}
"""By the name under which they are added; those of the spatial model ``mqp-paper`` are on its card."""
