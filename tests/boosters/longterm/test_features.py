"""Features of the untuned spatial model: its maps, and its levels averaged over boxes."""

from __future__ import annotations

import numpy as np
import torch
from small_network import drawn_network

from vsodboost.boosters.longterm.features import look, pooled
from vsodboost.ops.network_input import to_input

FRAMES = np.random.default_rng(0).integers(0, 255, (3, 64, 96, 3), np.uint8)
BOXES = np.array([[0, 0, 96, 64], [10, 5, 40, 60]], np.float32)


def test_its_maps_are_the_networks_own() -> None:
    seen = look(drawn_network(), FRAMES, batch=2)
    with torch.inference_mode():
        expected = torch.sigmoid(drawn_network()(to_input(FRAMES)))[:, 0].numpy()
    np.testing.assert_allclose(seen.maps, expected, atol=1e-5)
    assert [grid.shape[2:] for grid in seen.grids] == [(4, 6), (2, 3)]


def test_features_of_the_whole_frame_are_the_mean_of_each_level_at_unit_length() -> None:
    seen = look(drawn_network(), FRAMES)
    features = seen.features(1, BOXES)
    start = 0
    for grid in seen.grids:
        mean = grid[1].mean(axis=(1, 2))
        part = features[0, start : start + len(mean)]
        np.testing.assert_allclose(part, mean / np.linalg.norm(mean), atol=1e-5)
        start += len(mean)
    assert start == features.shape[1]
    assert np.abs(features[0] - features[1]).max() > 1e-4


def test_mirrored_features_are_those_of_the_mirrored_frame() -> None:
    seen = look(drawn_network(), FRAMES, mirrored=True)
    turned = look(drawn_network(), np.ascontiguousarray(FRAMES[:, :, ::-1]))
    mirrored_boxes = np.array([[96 - x1, y0, 96 - x0, y1] for x0, y0, x1, y1 in BOXES], np.float32)
    np.testing.assert_allclose(seen.features(2, BOXES, mirrored=True), turned.features(2, mirrored_boxes), atol=1e-5)
    assert look(drawn_network(), FRAMES).mirrored == ()


def test_all_boxes_of_a_scene() -> None:
    seen = look(drawn_network(), FRAMES)
    together = pooled(seen, [BOXES, BOXES[:0], BOXES[:1]])
    assert together.shape[0] == 3
    np.testing.assert_allclose(together[2], seen.features(2, BOXES[:1])[0])
