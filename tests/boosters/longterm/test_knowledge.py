"""From the pool to what is salient, and the notes on it."""

from __future__ import annotations

import numpy as np
from small_network import drawn_network
from small_plans import small_scene

from vsodboost.boosters.longterm.mining import MinedProposals, learn_about
from vsodboost.boosters.longterm.proposals import ProposalPool, ProposalPoolBuilder
from vsodboost.boosters.longterm.saliency import PatchRefiner, frame_saliency, salient_rows
from vsodboost.boosters.longterm.settings import LongtermSettings
from vsodboost.boosters.longterm.survey import told_salient
from vsodboost.boosters.longterm.teaching import joined, keyframes_of, notes_on_boxes, notes_on_video, taught
from vsodboost.data.types import Proposals


def pool(frames: int = 20) -> ProposalPool:
    """Two proposals a frame: a moving one whose features lie about (1, 0), a still one about (0, 1)."""
    rng = np.random.default_rng(0)
    builder = ProposalPoolBuilder()
    for t in range(frames):
        boxes = np.array([[8, 8, 24, 24], [40, 8, 56, 24]], np.float32)
        features = np.array([[1, 0], [0, 1]]) + rng.normal(size=(2, 2)) * 0.02
        builder.add(
            t,
            Proposals(boxes, np.array([0.9, 0.5], np.float32)),
            np.array([0.8, 0.05], np.float32),
            features.astype(np.float32),
        )
    built = builder.build()
    assert built is not None
    return built


def known(frames: int = 20, **options: object) -> MinedProposals:
    return learn_about(pool(frames), LongtermSettings(clusters=2, **options))  # type: ignore[arg-type]


def test_an_empty_heap_is_nothing() -> None:
    builder = ProposalPoolBuilder()
    assert builder.build() is None
    builder.add(
        0,
        Proposals(np.zeros((0, 4), np.float32), np.zeros(0, np.float32)),
        np.zeros(0, np.float32),
        np.zeros((0, 2), np.float32),
    )
    assert builder.build() is None


def test_rows_of_some_frames() -> None:
    assert pool().rows(3, 2).tolist() == [6, 7, 8, 9]
    assert pool().rows(19, 100).tolist() == [38, 39]
    assert pool().rows(20, 1).tolist() == []


def test_what_moves_is_salient_after_three_rounds() -> None:
    found = known()
    assert found.salient.tolist() == [0]
    salient = found.labels.label == 1
    moving = np.arange(len(found.pool)) % 2 == 0
    assert (moving[salient]).all()
    assert salient.sum() >= 18
    assert not (found.labels.label[~moving] == 1).any()
    assert len(found.labels.growth) == 4
    assert (found.labels.probability[moving] > 0.5).all()


def test_without_classifier_only_the_trusted_are_salient() -> None:
    found = known(classifier="none")
    assert len(found.labels.growth) == 1
    assert set(found.labels.iteration.tolist()) <= {0, -1}


def test_notes_agree_with_the_verdict() -> None:
    found = known()
    video = notes_on_video(found)
    assert video["proposals"] == 40
    assert [c["proposals"] for c in video["clusters"]] == [20, 20]
    assert video["iterations"][-1]["salient"] == int((found.labels.label == 1).sum())
    boxes = notes_on_boxes(found, small_scene(5, first=10))
    assert [b["frame"] for b in boxes] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert boxes[0]["box"] == [8.0, 8.0, 24.0, 24.0]


def test_most_leaves_doubles_out() -> None:
    found = known()
    frame = next(t for t in range(20) if found.labels.label[2 * t] == 1)
    assert salient_rows(found, frame, 0).tolist() == [2 * frame]
    assert salient_rows(found, frame, 1).tolist() == [2 * frame]
    assert salient_rows(found, 99, 0).tolist() == []


def test_fs_lies_where_the_salient_proposals_are() -> None:
    found, scene = known(), small_scene(4, (32, 64))
    refiner = PatchRefiner(drawn_network())
    maps = frame_saliency(found, scene, refiner, LongtermSettings(padding=0.0), np.arange(4))
    assert maps.shape == (4, 32, 64)
    assert maps[:, :, 24:].max() == 0
    assert maps[:, :8].max() == 0
    assert maps[:, 8:24, 8:24].max() > 0
    extra = frame_saliency(found, scene, refiner, LongtermSettings(), np.arange(100, 104))
    assert extra.max() == 0


def test_keyframes_want_something_that_moves_and_something_salient() -> None:
    found = known()
    moving = np.zeros((20, 32, 64), np.float32)
    moving[5:15, 8:24, 8:24] = 0.9
    scene = small_scene(20, (32, 64), motion_maps=moving)
    refiner = PatchRefiner(drawn_network())
    settings = LongtermSettings(pseudo_truth="soft", keyframe_truth="binary")
    chosen = keyframes_of(found, scene, refiner, settings, np.arange(20))
    assert [int(t) // 5 for t in chosen.indices] == [1, 2]
    none = keyframes_of(found, scene, refiner, settings, np.arange(100, 120))
    assert len(none.indices) == 0
    assert none.pseudo_truth.shape == (0, 32, 64)
    every = keyframes_of(found, scene, refiner, LongtermSettings(keyframes="all", tune="paper"), np.arange(20))
    assert set(every.indices.tolist()) <= set(range(5, 15))
    assert set(every.weights.tolist()) == {1.0}


def test_keyframes_agree_with_all_opinions_and_the_least_agreeing_are_left_out() -> None:
    found, refiner = known(), PatchRefiner(drawn_network())
    moving = np.ones((20, 32, 64), np.float32)
    said = np.zeros_like(moving)
    said[:, 8:24, 8:24] = 0.9
    said[[7, 12]] = 0.9  # what all predictions say of these has nothing to do with FS
    said[10:15, :, :20] = 0  # a batch that agrees less
    scene = small_scene(20, (32, 64), motion_maps=moving, fused=said)
    every = keyframes_of(found, scene, refiner, LongtermSettings(pseudo_truth="soft", drop=0.0), np.arange(20))
    assert sorted(int(t) // 5 for t in every.indices) == [0, 1, 2, 3]
    assert not {7, 12} & set(every.indices.tolist())
    some = keyframes_of(found, scene, refiner, LongtermSettings(pseudo_truth="soft"), np.arange(20))
    assert some.indices.tolist() == [t for t in every.indices if t // 5 != 2]


def test_what_tells_salient_clusters_is_silent_where_nothing_moves() -> None:
    motion, fused = np.zeros((2, 8, 8), np.float32), np.full((2, 8, 8), 0.5, np.float32)
    motion[1, 2, 2] = 0.25
    scene = small_scene(2, (8, 8), motion_maps=motion, fused=fused)
    assert told_salient(scene, 0, "predictions").max() == 0
    assert told_salient(scene, 1, "predictions").min() == 0.5
    assert (told_salient(scene, 1, "mean") == motion[1]).all()


def test_joined_keeps_what_salient_proposals_lie_on_by_all_opinions() -> None:
    found = known()
    prediction = np.zeros((20, 32, 64), np.float32)
    prediction[:, 8:24, 8:24], prediction[:, 8:24, 40:56] = 0.9, 0.9
    scene = small_scene(20, (32, 64), target=prediction, fused=prediction, motion_maps=prediction)
    rows = np.array([t for t in range(20) if found.labels.label[2 * t] == 1][:3])
    silent = np.zeros_like(prediction)
    pseudo = joined(found, scene, silent, np.arange(20), rows)
    assert pseudo[:, 10:22, 10:22].min() > 0.8
    assert pseudo[:, :, 36:].max() == 0
    # An FS that agrees with it counts half as much as all predictions together: (2 * .9 + 1 * 1) / 3.
    agreeing = np.zeros_like(prediction)
    agreeing[:, 8:24, 8:24] = 1
    both = joined(found, scene, agreeing, np.arange(20), rows)
    np.testing.assert_allclose(both[:, 12:20, 12:20], (2 * 0.9 + 1) / 3, atol=0.02)


def test_pseudo_truth_by_fs_alone() -> None:
    maps = np.array([[[0.1, 0.5, 0.9, 0.9]]], np.float32)
    assert (taught(maps, "soft") == maps).all()
    assert taught(maps, "otsu").tolist() in ([[[0, 0, 1, 1]]], [[[0, 1, 1, 1]]])
    np.testing.assert_allclose(taught(maps, "sharp")[0, 0], 1 / (1 + np.exp([4, 0, -4, -4])), atol=1e-5)
