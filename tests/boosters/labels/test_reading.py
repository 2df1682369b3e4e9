"""What counts as salient in a label file."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from vsodboost.boosters.labels.reading import read_label
from vsodboost.data.errors import InputError


def written(path: Path, image: np.ndarray) -> Path:
    """The path, after the image was written there."""
    assert cv2.imwrite(str(path), image)
    return path


def test_masks_and_soft_maps_are_taken_as_they_are(tmp_path: Path) -> None:
    label = read_label(written(tmp_path / "a.png", np.array([[0, 51, 255]], np.uint8)))
    assert label.dtype == np.float32
    assert label.ravel() == pytest.approx([0, 0.2, 1])
    deep = read_label(written(tmp_path / "b.png", np.array([[0, 13107, 65535]], np.uint16)))
    assert deep.ravel() == pytest.approx([0, 0.2, 1])


def test_object_numbers_and_object_colours_are_salient(tmp_path: Path) -> None:
    assert read_label(written(tmp_path / "a.png", np.array([[0, 1, 3]], np.uint8))).tolist() == [[0, 1, 1]]
    colours = np.zeros((1, 3, 3), np.uint8)
    colours[0, 1] = 0, 0, 128
    colours[0, 2] = 0, 128, 0
    assert read_label(written(tmp_path / "b.png", colours)).tolist() == [[0, 1, 1]]
    palette = Image.fromarray(np.array([[0, 1, 2]], np.uint8)).convert("P")
    palette.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
    palette.save(tmp_path / "c.png")
    assert read_label(tmp_path / "c.png").tolist() == [[0, 1, 1]]


def test_an_empty_label_says_that_nothing_is_salient(tmp_path: Path) -> None:
    assert read_label(written(tmp_path / "a.png", np.zeros((4, 5), np.uint8))).tolist() == np.zeros((4, 5)).tolist()


def test_a_file_that_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"a\.png"):
        read_label(tmp_path / "a.png")
