"""The patchwise refiner."""

from __future__ import annotations

import numpy as np
import torch
from small_network import drawn_network
from small_plans import small_scene

from vsodboost.boosters.longterm.features import crop, decoded, encoded, squares
from vsodboost.boosters.longterm.saliency import PatchRefiner, windows_of
from vsodboost.ops.network_input import to_input

NOISE = np.random.default_rng(0).integers(0, 255, (2, 128, 128, 3), np.uint8)


def test_windows_grow_on_every_side_and_end_at_the_frame() -> None:
    boxes = np.array([[10, 20, 30, 30], [0, 0, 10, 10], [55.2, 25.5, 63.9, 31.7]], np.float32)
    assert windows_of(boxes, (32, 64), 0.25) == [(5, 17, 35, 32), (0, 0, 13, 13), (53, 23, 64, 32)]
    assert windows_of(boxes, (32, 64), 0.0) == [(10, 20, 30, 30), (0, 0, 10, 10), (55, 25, 64, 32)]


def test_a_window_is_never_empty() -> None:
    boxes = np.array([[64, 32, 64, 32], [3, 3, 3, 3]], np.float32)
    for x0, y0, x1, y1 in windows_of(boxes, (32, 64), 0.0):
        assert 0 <= x0 < x1 <= 64
        assert 0 <= y0 < y1 <= 32


def test_crops_come_from_the_source_where_it_is_there() -> None:
    full = np.random.default_rng(1).integers(0, 255, (1, 64, 128, 3), np.uint8)
    scene = small_scene(1, (32, 64), full=full)
    box = np.array([10, 5, 20, 15], np.float32)
    assert (crop(scene, 0, box) == full[0, 10:30, 20:40]).all()
    assert (crop(small_scene(1, (32, 64)), 0, box) == 0).all()
    assert crop(scene, 0, np.array([64, 32, 70, 40], np.float32)).shape == (1, 1, 3)
    assert squares(scene, 0, box[None], 16).shape == (1, 16, 16, 3)
    assert squares(scene, 0, box[None][:0], 16).shape == (0, 16, 16, 3)


def test_crops_are_kept_small() -> None:
    smooth = np.tile(np.linspace(0, 255, 400, dtype=np.uint8)[None, :, None], (300, 1, 3))
    data = encoded(smooth, 100)
    assert len(data) < 10_000
    back = decoded(data, 64)
    assert back.shape == (64, 64, 3)
    assert np.abs(back[32, :, 0].astype(float) - np.linspace(0, 255, 64)).mean() < 6
    red = np.zeros((20, 20, 3), np.uint8)
    red[..., 0] = 255
    assert decoded(encoded(red, 100), 8)[4, 4].tolist() == [254, 0, 0]


def test_patches_alone_are_the_networks_maps_of_the_crops() -> None:
    scene = small_scene(2, (128, 128), frames=NOISE)
    refiner = PatchRefiner(drawn_network(), "spatial")
    (patch,) = refiner.refine(scene, [1], [(0, 0, 128, 128)])
    with torch.inference_mode():
        expected = torch.sigmoid(drawn_network()(to_input(NOISE[1:])))[0, 0].numpy()
    np.testing.assert_allclose(patch, expected, atol=1e-5)


def test_with_guidance_the_patch_sees_motion_and_the_target_free_map() -> None:
    moving = np.zeros((2, 128, 128, 2), np.float32)
    moving[1, 40:80, 40:80] = 3
    fused_without_target = np.zeros((2, 128, 128), np.float32)
    scene = small_scene(2, (128, 128), frames=NOISE, motion=moving, fused_without_target=fused_without_target)
    refiner = PatchRefiner(drawn_network(), "fusion")
    window = (0, 0, 128, 128)
    unmoved = refiner.refine(scene, [0], [window])[0]
    moved = refiner.refine(scene, [1], [window])[0]
    assert unmoved.shape == moved.shape == (128, 128)
    static = small_scene(2, (128, 128), frames=NOISE, motion=0 * moving, fused_without_target=fused_without_target)
    assert np.abs(refiner.refine(static, [1], [window])[0] - moved).max() > 0
    bright = small_scene(2, (128, 128), frames=NOISE, motion=moving, fused_without_target=fused_without_target + 1)
    assert np.abs(refiner.refine(bright, [1], [window])[0] - moved).max() > 0
    aimed = small_scene(
        2,
        (128, 128),
        frames=NOISE,
        motion=moving,
        fused_without_target=fused_without_target,
        target=fused_without_target + 1,
    )
    assert (refiner.refine(aimed, [1], [window])[0] == moved).all()


def test_patches_keep_their_order_whatever_their_shapes() -> None:
    scene = small_scene(2, (128, 128), frames=NOISE)
    refiner = PatchRefiner(drawn_network(), "spatial")
    windows = [(0, 0, 100, 40), (10, 10, 50, 50), (5, 5, 40, 125), (60, 60, 100, 100), (0, 80, 120, 128)]
    frames = [0, 1, 1, 0, 1]
    together = refiner.refine(scene, frames, windows)
    assert [p.shape for p in together] == [(96, 160), (128, 128), (160, 96), (128, 128), (96, 160)]
    for frame, window, patch in zip(frames, windows, together, strict=True):
        (alone,) = refiner.refine(scene, [frame], [window])
        np.testing.assert_allclose(patch, alone, atol=1e-5)


def test_no_windows_no_patches() -> None:
    assert PatchRefiner(drawn_network()).refine(small_scene(1), [], []) == []
