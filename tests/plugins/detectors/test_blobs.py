"""Proposals from maps."""

from __future__ import annotations

import numpy as np
import pytest
from small_plans import small_scene
from vsodboost_plugins.detectors.blob_boxes import Blobs, background_boxes, components, contrast
from vsodboost_plugins.detectors.blobs import build

from vsodboost.data.errors import UsageError
from vsodboost.data.scene import Scene
from vsodboost.ops.boxes import iou
from vsodboost.registry.interfaces import Request, SceneDetector

SIZE = (96, 160)


def painted(*squares: tuple[int, int, int, int, float]) -> np.ndarray:
    picture = np.zeros(SIZE, np.float32)
    for x0, y0, x1, y1, value in squares:
        picture[y0:y1, x0:x1] = value
    return picture


def scene_of(target: np.ndarray, motion: np.ndarray | None = None) -> Scene:
    frames = np.random.default_rng(0).integers(0, 255, (1, *SIZE, 3), np.uint8)
    motion = np.zeros_like(target) if motion is None else motion
    return small_scene(1, SIZE, frames=frames, target=target[None], motion_maps=motion[None])


def nothing() -> np.ndarray:
    return np.zeros((1, *SIZE), np.float32)


def test_a_component_is_found_once_whatever_the_levels() -> None:
    boxes = components(painted((10, 20, 40, 50, 0.9), (100, 10, 120, 40, 0.9)))
    assert sorted(boxes.tolist()) == [[10, 20, 40, 50], [100, 10, 120, 40]]


def test_levels_tell_parts_from_the_whole() -> None:
    picture = painted((10, 20, 60, 50, 0.3), (10, 20, 30, 50, 0.9))
    assert sorted(components(picture).tolist()) == [[10, 20, 30, 50], [10, 20, 60, 50]]


def test_faint_maps_and_specks_show_nothing() -> None:
    assert len(components(painted((10, 20, 40, 50, 0.09)))) == 0
    assert len(components(painted((10, 20, 11, 22, 0.9)))) == 0
    assert components(painted()).shape == (0, 4)


def test_contrast_is_inside_less_the_rim() -> None:
    picture = painted((40, 40, 60, 60, 0.8))
    tight = np.array([[40, 40, 60, 60]], np.float32)
    wide = np.array([[30, 30, 70, 70]], np.float32)  # a quarter of it is bright, its rim is dark
    np.testing.assert_allclose(contrast(picture, tight), [0.8], atol=1e-6)
    np.testing.assert_allclose(contrast(picture, wide), [0.2], atol=1e-6)
    whole = np.array([[0, 0, 160, 96]], np.float32)
    assert contrast(picture, whole).tolist() == [0]
    assert contrast(picture, whole[:0]).shape == (0,)


def test_every_source_proposes_and_the_clearest_is_first() -> None:
    target, motion = painted((10, 10, 40, 40, 0.9)), painted((100, 40, 140, 80, 0.6))
    spatial = painted((20, 60, 50, 90, 0.3))[None]
    (found,) = Blobs(10, 0).detect_scene(scene_of(target, motion), spatial)
    expected = np.array([[10, 10, 40, 40], [100, 40, 140, 80], [20, 60, 50, 90]], np.float32)
    assert len(found) == 3
    assert iou(found.boxes, expected).diagonal().min() > 0.8
    assert (np.diff(found.scores) < 0).all()
    assert isinstance(Blobs(10, 3), SceneDetector)


def test_doubles_go_and_most_is_kept_to() -> None:
    squares = [(8 + 30 * i, 8 + 30 * j, 24 + 30 * i, 24 + 30 * j, 0.9) for i in range(5) for j in range(3)]
    (found,) = Blobs(10, 3).detect_scene(scene_of(painted(*squares)), nothing())
    assert len(found) <= 10
    (double,) = Blobs(10, 0).detect_scene(
        scene_of(painted((10, 10, 50, 50, 0.9)), painted((11, 10, 50, 51, 0.8))), nothing()
    )
    assert len(double) == 1


def test_each_frame_gets_boxes_of_its_background_which_touch_nothing() -> None:
    (found,) = Blobs(10, 3).detect_scene(scene_of(painted((4, 4, 50, 30, 0.9))), nothing())
    assert len(found) == 4
    assert found.scores[1:].tolist() == pytest.approx([0.01] * 3)
    assert iou(found.boxes[:1], found.boxes[1:]).max() < 0.1


def test_the_background_is_taken_where_it_is_textured() -> None:
    frame = np.full((*SIZE, 3), 100, np.uint8)
    frame[64:, 107:] = np.random.default_rng(0).integers(0, 255, (32, 53, 3))
    tiles = background_boxes(frame, np.zeros(SIZE, np.float32), np.zeros((0, 4), np.float32))
    assert len(tiles) == 9
    assert tiles[0, :2].tolist() == pytest.approx([320 / 3, 64])


def test_empty_maps_propose_the_background_alone_and_full_ones_nothing() -> None:
    (empty,) = Blobs(10, 3).detect_scene(scene_of(painted()), nothing())
    assert len(empty) == 3
    (full,) = Blobs(10, 3).detect_scene(scene_of(painted((0, 0, 160, 96, 1.0))), nothing())
    assert len(full) == 0


def test_options() -> None:
    blobs = build(Request(options={"most": "4", "background": "9"}))
    assert (blobs.most, blobs.background) == (4, 4)
    with pytest.raises(UsageError, match="--detector-option most=0"):
        build(Request(options={"most": "0"}))
