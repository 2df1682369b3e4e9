"""Masks of training images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mask_files import indexed, masks, numbers, photograph, save, save_all, with_void

from vsodboost.data.errors import UsageError
from vsodboost.training.data import read_stills, read_videos
from vsodboost.training.masks import read_mask


def test_object_numbers_and_void(tmp_path: Path) -> None:
    files = save_all(tmp_path, [indexed(with_void(n)) for n in numbers()])
    for file, mask in zip(files, masks(), strict=True):
        np.testing.assert_array_equal(read_mask(file), mask.astype(np.uint8) * 255)


def test_soft_edges_stay(tmp_path: Path) -> None:
    soft = np.linspace(0, 255, 64 * 64).reshape(64, 64).astype(np.uint8)
    np.testing.assert_array_equal(read_mask(save(tmp_path / "a.png", soft)), soft)
    np.testing.assert_array_equal(read_mask(save(tmp_path / "16" / "a.png", soft.astype(np.uint16) * 257)), soft)


@pytest.mark.parametrize("name", ["absent.png", "photo.png"])
def test_what_is_no_mask_is_named(tmp_path: Path, name: str) -> None:
    save(tmp_path / "photo.png", photograph())
    with pytest.raises(UsageError, match=rf"training mask: .*{name}"):
        read_mask(tmp_path / name)


def test_videos_and_stills_of_masks_of_0_and_1(tmp_path: Path) -> None:
    frames = [photograph(t) for t in range(3)]
    for images, truths in (("davis/JPEGImages/move", "davis/Annotations/move"), ("stills/images", "stills/masks")):
        save_all(tmp_path / images, frames)
        save_all(tmp_path / truths, [m.astype(np.uint8) for m in masks()])
    [video] = read_videos(tmp_path / "davis")
    np.testing.assert_array_equal(video.truth, np.stack(masks()).astype(np.uint8) * 255)
    np.testing.assert_array_equal(video.frames, np.stack(frames))
    stills = read_stills(tmp_path / "stills")
    assert [int(truth.max()) for _, truth in stills] == [255] * 3
