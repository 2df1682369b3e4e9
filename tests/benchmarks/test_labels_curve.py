"""The curve over the proportion of labels: which frames get one, and that the others are scored."""

from __future__ import annotations

from pathlib import Path

import labels_curve
import numpy as np
import pytest
from moving_square import square_video
from small_plans import small_plan
from torch import Tensor, nn
from vsodboost_plugins.flow.dis import DIS

from vsodboost.boosters import cards
from vsodboost.boosters.labels import booster as labels
from vsodboost.data.cards import SpatialModelCard
from vsodboost.data.scene import Mined, Scene
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline.engine import Engine
from vsodboost.registry.booster import Booster
from vsodboost.registry.discovery import Entry


class MeanNetwork(nn.Module):
    """Pseudo-labels: the mean of the two propagated labels."""

    def forward(self, inputs: Tensor) -> Tensor:
        """``[N, 7, h, w]`` -> logits ``[N, 1, h, w]``."""
        return (inputs[:, 3:5].mean(dim=1, keepdim=True) - 0.5) * 12


class Idle(Booster):
    """Mines nothing."""

    def mine(self, scene: Scene) -> Mined:
        return Mined.nothing(scene)


def test_labelled_frames() -> None:
    assert labels_curve.labelled_frames(25, 10) == [5, 15]
    assert labels_curve.labelled_frames(9, 2) == [1, 3, 5, 7]
    assert labels_curve.labelled_frames(6, 40) == [5]
    assert labels_curve.labelled_frames(7, labels_curve.SINGLE) == [3]


def test_every_way_is_scored_on_frames_without_a_label() -> None:
    frames, masks = square_video(9)
    plan = small_plan(Idle(), lambda f: np.zeros(f.shape[:3], np.float32), flow=DIS("fast"))
    card = SpatialModelCard(summary="mean", channels=7)
    plan.registry.entries["spatial_models"]["fgplg"] = Entry("fgplg", lambda request: MeanNetwork(), card, "test")
    entry = Entry("labels", labels.build, cards.LABELS, "test")
    plan.registry.entries["boosters"]["labels"] = entry
    source = ArraySource(frames, "clip")
    made = list(Engine(plan).scenes(source))
    truths = {f"{t:05d}": mask > 127 for t, mask in enumerate(masks)}
    figures: labels_curve.Figures = {}
    labels_curve.measure(plan, made, source, 4, truths, truths, figures, on_pseudo_labels=True)
    assert {way for _, way in figures} == set(labels_curve.WAYS)
    jaccard = {way: by_sequence["clip"]["J"] for (_, way), by_sequence in figures.items()}
    assert jaccard["target"] == 0
    assert jaccard["flow alone"] > jaccard["nearest label"] + 0.1  # the square moves 4 px a frame
    assert jaccard["labels"] > 0.8
    lines: list[str] = []
    labels_curve.report(figures, lines.append)
    assert "1 label in 4 (25.0%)" in lines[0]
    made_json = labels_curve.as_json(figures, {"data": Path("d")})
    assert made_json["spacings"]["4"]["labels"]["mean"]["J"] == pytest.approx(jaccard["labels"])


def test_where_every_frame_has_a_label_there_is_nothing_to_score() -> None:
    frames, masks = square_video(3)
    plan = small_plan(Idle(), flow=DIS("fast"))
    figures: labels_curve.Figures = {}
    source = ArraySource(frames, "clip")
    truths = {"00001": masks[1] > 127}
    labels_curve.measure(plan, list(Engine(plan).scenes(source)), source, 3, truths, truths, figures)
    assert figures == {}
