"""The labels booster on a textured square that moves: what is mined, what comes out, and the odd cases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from moving_square import SIZE, square_video, write_labels
from small_plans import BrightNetwork, small_plan
from torch import Tensor, nn
from vsodboost_plugins.flow.dis import DIS

from vsodboost.boosters.labels.booster import LABEL_WEIGHT, Labels, build
from vsodboost.boosters.labels.paper import PaperLabels
from vsodboost.boosters.labels.paper import build as build_paper
from vsodboost.data.boosted import BoostedBuffer
from vsodboost.data.cards import SpatialModelCard
from vsodboost.data.errors import InputError, UsageError
from vsodboost.data.predictions import Predictions
from vsodboost.data.scene import Mined, Scene
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.plan import Plan, set_up
from vsodboost.registry.booster import Booster
from vsodboost.registry.discovery import Entry
from vsodboost.registry.interfaces import Request
from vsodboost.targets.network_target import CallableTarget


class MeanNetwork(nn.Module):
    """Pseudo-labels: the mean of the two propagated labels."""

    def forward(self, inputs: Tensor) -> Tensor:
        """``[N, 7, h, w]`` -> logits ``[N, 1, h, w]``."""
        return (inputs[:, 3:5].mean(dim=1, keepdim=True) - 0.5) * 12


class Idle(Booster):
    """Mines nothing."""

    def mine(self, scene: Scene) -> Mined:
        return Mined.nothing(scene)


def plan_of(booster: Labels, **options: Any) -> Plan:
    """A small plan with a network of seven channels, a real flow estimator and a target that says nothing."""
    plan = small_plan(Idle(), lambda f: np.zeros(f.shape[:3], np.float32), flow=DIS("fast"), **options)
    card = SpatialModelCard(summary="mean", channels=7)
    entries = plan.registry.entries["spatial_models"]
    for name in ("fgplg", "fgplg-rcrnet"):
        entries[name] = Entry(name, lambda request: MeanNetwork(), card, "test")
    entries["lite"] = Entry("lite", lambda request: BrightNetwork(), SpatialModelCard(summary="three"), "test")
    return set_up(replace(plan, booster=booster))


def boosted(folder: Path, count: int = 12, **options: Any) -> list[BoostedBuffer]:
    """The buffers of a boosted square video."""
    frames, _ = square_video(count)
    booster = build(Request(options={"labels": str(folder), **options.pop("booster_options", {})}))
    return list(Engine(plan_of(booster, **options)).boost(ArraySource(frames, name="square")))


def overlap(maps: np.ndarray, masks: np.ndarray) -> list[float]:
    """Jaccard index a frame."""
    found, true = maps > 0.5, masks > 127
    return [float((f & t).sum() / max((f | t).sum(), 1)) for f, t in zip(found, true, strict=True)]


def test_labels_reach_every_frame_and_come_back_as_given(tmp_path: Path) -> None:
    _, masks = square_video(12)
    soft = masks.copy()
    soft[6, 20:44, 20:30] = 77  # a soft part, to be known from a thresholded one
    (done,) = boosted(write_labels(tmp_path, soft, (1, 6, 10)))
    assert min(overlap(done.maps, masks)[:6] + overlap(done.maps, masks)[7:]) > 0.85
    for t in (1, 6, 10):
        assert (done.maps[t] == soft[t].astype(np.float32) / 255).all()
        assert done.decision.flags[t] == "labelled"
        assert done.decision.trust[t] == 1
    assert done.decision.weight.tolist() == [1] * 12  # nothing of the target, which is empty
    assert done.mined.indices.tolist() == [1, 6, 10]
    assert done.mined.weights.tolist() == [LABEL_WEIGHT] * 3
    assert done.mined.notes["labelled"] == ["00001", "00006", "00010"]
    assert done.mined.extra is None


def test_a_single_label_in_all_and_ends_with_labels_on_one_side(tmp_path: Path) -> None:
    _, masks = square_video(12)
    (done,) = boosted(write_labels(tmp_path, masks, (0,)))
    assert min(overlap(done.maps, masks)) > 0.8


def test_short_buffers_know_the_labels_of_the_others(tmp_path: Path) -> None:
    _, masks = square_video(12)
    buffers = boosted(write_labels(tmp_path, masks, (1, 10)), buffer=4)
    assert [len(b.maps) for b in buffers] == [4, 4, 4]
    maps = np.concatenate([b.maps for b in buffers])
    assert min(overlap(maps, masks)) > 0.75
    extra = [b.mined.extra for b in buffers]
    assert [0 if b is None else len(b) for b in extra] == [1, 2, 1]
    assert extra[1] is not None
    assert extra[1].weights.tolist() == [LABEL_WEIGHT] * 2
    assert (extra[1].target == 0.5).all()  # no map to be shown with it


def test_labels_of_another_size_are_scaled(tmp_path: Path) -> None:
    _, masks = square_video(8)
    folder = tmp_path / "square"
    folder.mkdir()
    for t, size in ((0, (56, 32)), (7, (448, 256))):
        assert cv2.imwrite(str(folder / f"{t:05d}.png"), cv2.resize(masks[t], size, interpolation=cv2.INTER_AREA))
    (done,) = boosted(tmp_path, 8)
    assert done.maps.shape[1:] == SIZE
    assert min(overlap(done.maps, masks)) > 0.8
    assert set(done.mined.notes["labelled"]) == {"00000", "00007"}


def test_empty_labels_say_that_nothing_is_salient(tmp_path: Path) -> None:
    """A target that is sure of something cannot argue with empty labels on both sides."""
    _, masks = square_video(6)
    frames, _ = square_video(6)
    folder = write_labels(tmp_path, np.zeros_like(masks), (0, 5))
    booster = build(Request(options={"labels": str(folder)}))
    sure = CallableTarget(lambda f: np.ones(f.shape[:3], np.float32))
    (done,) = Engine(replace(plan_of(booster), target=sure)).boost(ArraySource(frames, name="square"))
    assert (done.maps[[0, 5]] == 0).all()
    assert done.maps[1:5].max() < 0.3


def test_a_shot_without_labels_is_left_to_student_and_decision(tmp_path: Path) -> None:
    frames, masks = square_video(10)
    frames[6:] = 255 - frames[6:, ::-1, ::-1]
    folder = write_labels(tmp_path, masks, (1, 4))
    booster = build(Request(options={"labels": str(folder)}))
    (done,) = Engine(plan_of(booster)).boost(ArraySource(frames, name="square"))
    assert done.scene.shots == ((0, 6), (6, 10))
    assert done.mined.indices.tolist() == [1, 4]
    assert done.decision.weight[:6].tolist() == [1] * 6
    assert "labelled" not in done.decision.flags[6:]
    assert booster.scene_labels(done.scene).reached.tolist() == [True] * 6 + [False] * 4
    assert (booster.guidance(done.scene)[6:] == done.scene.target[6:]).all()


def test_a_few_pseudo_labels_between_two_labels_may_teach(tmp_path: Path) -> None:
    _, masks = square_video(12)
    (done,) = boosted(write_labels(tmp_path, masks, (0, 6, 11)), booster_options={"between": "1"})
    assert done.mined.indices.tolist() == [0, 3, 6, 8, 11]
    assert done.mined.weights[[0, 2, 4]].tolist() == [LABEL_WEIGHT] * 3
    assert 0.8 < done.mined.weights[[1, 3]].min() <= done.mined.weights[[1, 3]].max() <= 1
    (every,) = boosted(tmp_path, booster_options={"between": "all"})
    assert every.mined.indices.tolist() == list(range(12))


def test_at_a_labelled_frame_the_student_reads_the_labels_next_to_it(tmp_path: Path) -> None:
    """Its own would teach it to copy."""
    frames, masks = square_video(12)
    wrong = masks.copy()
    wrong[6] = 0
    booster = build(Request(options={"labels": str(write_labels(tmp_path, wrong, (2, 6, 10)))}))
    (done,) = Engine(plan_of(booster)).boost(ArraySource(frames, name="square"))
    read = booster.guidance(done.scene)
    small = np.stack([cv2.resize(mask, (read.shape[2], read.shape[1]), interpolation=cv2.INTER_AREA) for mask in masks])
    assert overlap(read[[6]], small[[6]])[0] > 0.7  # not the empty label of the frame itself
    assert (done.mined.pseudo_truth[1] == 0).all()


def test_paper_result_is_the_students(tmp_path: Path) -> None:
    frames, masks = square_video(8)
    booster = build_paper(Request(options={"labels": str(write_labels(tmp_path, masks, (0, 7)))}))
    assert isinstance(booster, PaperLabels)
    assert (booster.settings.route, booster.settings.between) == ("direct", 1)
    (done,) = Engine(plan_of(booster)).boost(ArraySource(frames, name="square"))
    student = np.full_like(done.scene.target, 0.25)
    assert booster.fuse(done.scene, Predictions(student, done.scene.target)) is student
    assert done.mined.indices.tolist() == [0, 3, 7]
    assert (done.maps[7] == masks[7] / np.float32(255)).all()


def test_each_video_has_its_own_labels(tmp_path: Path) -> None:
    frames, masks = square_video(6)
    write_labels(tmp_path / "a", masks, (0,))
    write_labels(tmp_path / "b", np.zeros_like(masks), (2,))
    engine = Engine(plan_of(build(Request(options={"labels": str(tmp_path)}))))
    (first,) = engine.boost(ArraySource(frames, name="a"))
    (second,) = engine.boost(ArraySource(frames, name="b"))
    assert overlap(first.maps, masks)[5] > 0.8
    assert second.maps.max() < 0.3
    with pytest.raises(InputError, match="no labels for 'c'"):
        list(engine.boost(ArraySource(frames, name="c")))


def test_a_generator_of_frames_cannot_be_read_twice(tmp_path: Path) -> None:
    frames, masks = square_video(4)
    engine = Engine(plan_of(build(Request(options={"labels": str(write_labels(tmp_path, masks, (0,)))}))))
    with pytest.raises(UsageError, match="only once"):
        list(engine.boost(ArraySource(iter(frames))))


def test_options_that_make_no_sense(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--labels DIR"):
        build(Request())
    with pytest.raises(UsageError, match="does not exist"):
        build(Request(options={"labels": str(tmp_path / "none")}))
    for bad in ({"route": "far"}, {"between": "-1"}, {"between": "some"}):
        with pytest.raises(UsageError, match="booster 'labels'"):
            build(Request(options={"labels": str(tmp_path), **bad}))
    booster = build(Request(options={"labels": str(tmp_path), "network": "lite"}))
    with pytest.raises(UsageError, match="does not read the 7 channels"):
        plan_of(booster)
