"""Which frames teach, by which pseudo ground truth, and the notes on it."""

from __future__ import annotations

import numpy as np
from small_network import drawn_network
from small_plans import small_scene

from vsodboost.boosters.longterm.mining import MinedProposals
from vsodboost.boosters.longterm.saliency import PatchRefiner
from vsodboost.boosters.longterm.settings import LongtermSettings
from vsodboost.boosters.longterm.teaching import (
    combined_truth,
    keyframes_of,
    notes_on_boxes,
    notes_on_video,
    pseudo_truth_of,
)


def test_notes_agree_with_what_was_mined(mined: MinedProposals) -> None:
    video = notes_on_video(mined)
    assert video["proposals"] == 40
    assert [c["proposals"] for c in video["clusters"]] == [20, 20]
    assert video["iterations"][-1]["salient"] == int((mined.labels.label == 1).sum())
    boxes = notes_on_boxes(mined, small_scene(5, first=10))
    assert [b["frame"] for b in boxes] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert boxes[0]["box"] == [8.0, 8.0, 24.0, 24.0]


def test_keyframes_want_something_that_moves_and_something_salient(mined: MinedProposals) -> None:
    moving = np.zeros((20, 32, 64), np.float32)
    moving[5:15, 8:24, 8:24] = 0.9
    scene = small_scene(20, (32, 64), motion_maps=moving)
    refiner = PatchRefiner(drawn_network())
    settings = LongtermSettings(pseudo_truth="soft", keyframe_truth="binary")
    chosen = keyframes_of(mined, scene, refiner, settings, np.arange(20))
    assert [int(t) // 5 for t in chosen.indices] == [1, 2]
    none = keyframes_of(mined, scene, refiner, settings, np.arange(100, 120))
    assert len(none.indices) == 0
    assert none.pseudo_truth.shape == (0, 32, 64)
    every = keyframes_of(mined, scene, refiner, LongtermSettings(keyframes="all", tune="paper"), np.arange(20))
    assert set(every.indices.tolist()) <= set(range(5, 15))
    assert set(every.weights.tolist()) == {1.0}


def test_keyframes_agree_with_all_predictions_and_the_least_agreeing_are_left_out(mined: MinedProposals) -> None:
    refiner = PatchRefiner(drawn_network())
    moving = np.ones((20, 32, 64), np.float32)
    said = np.zeros_like(moving)
    said[:, 8:24, 8:24] = 0.9
    said[[7, 12]] = 0.9  # what all predictions say of these has nothing to do with FS
    said[10:15, :, :20] = 0  # a batch that agrees less
    scene = small_scene(20, (32, 64), motion_maps=moving, fused=said)
    every = keyframes_of(mined, scene, refiner, LongtermSettings(pseudo_truth="soft", drop=0.0), np.arange(20))
    assert sorted(int(t) // 5 for t in every.indices) == [0, 1, 2, 3]
    assert not {7, 12} & set(every.indices.tolist())
    some = keyframes_of(mined, scene, refiner, LongtermSettings(pseudo_truth="soft"), np.arange(20))
    assert some.indices.tolist() == [t for t in every.indices if t // 5 != 2]


def test_combined_truth_keeps_what_salient_proposals_lie_on_by_all_predictions(mined: MinedProposals) -> None:
    prediction = np.zeros((20, 32, 64), np.float32)
    prediction[:, 8:24, 8:24], prediction[:, 8:24, 40:56] = 0.9, 0.9
    scene = small_scene(20, (32, 64), target=prediction, fused=prediction, motion_maps=prediction)
    rows = np.array([t for t in range(20) if mined.labels.label[2 * t] == 1][:3])
    silent = np.zeros_like(prediction)
    pseudo = combined_truth(mined, scene, silent, np.arange(20), rows)
    assert pseudo[:, 10:22, 10:22].min() > 0.8
    assert pseudo[:, :, 36:].max() == 0
    # An FS that agrees with it counts half as much as all predictions together: (2 * .9 + 1 * 1) / 3.
    agreeing = np.zeros_like(prediction)
    agreeing[:, 8:24, 8:24] = 1
    both = combined_truth(mined, scene, agreeing, np.arange(20), rows)
    np.testing.assert_allclose(both[:, 12:20, 12:20], (2 * 0.9 + 1) / 3, atol=0.02)


def test_pseudo_truth_by_fs_alone() -> None:
    maps = np.array([[[0.1, 0.5, 0.9, 0.9]]], np.float32)
    assert (pseudo_truth_of(maps, "soft") == maps).all()
    assert pseudo_truth_of(maps, "otsu").tolist() in ([[[0, 0, 1, 1]]], [[[0, 1, 1, 1]]])
    np.testing.assert_allclose(pseudo_truth_of(maps, "sharp")[0, 0], 1 / (1 + np.exp([4, 0, -4, -4])), atol=1e-5)
