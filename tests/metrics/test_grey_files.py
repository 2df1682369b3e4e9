from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from map_files import write
from PIL import Image

from vsodboost.data.errors import InputError
from vsodboost.metrics.grey_files import read_map, read_truth

RAMP = np.arange(0, 256, 5, dtype=np.uint8).reshape(4, -1)


def test_maps_keep_their_whole_numbers(tmp_path: Path) -> None:
    write(tmp_path / "8.png", RAMP)
    write(tmp_path / "16.png", RAMP.astype(np.uint16) * 257)
    write(tmp_path / "rgb.png", np.dstack([RAMP] * 3))
    write(tmp_path / "rgba.png", np.dstack([RAMP] * 3 + [np.full_like(RAMP, 9)]))
    for name in ("8", "rgb", "rgba"):
        assert (read_map(tmp_path / f"{name}.png") == RAMP).all()
    wide = read_map(tmp_path / "16.png")
    assert wide.dtype == np.uint16
    assert (wide == RAMP.astype(np.uint16) * 257).all()


def test_grey_truth_is_foreground_above_128(tmp_path: Path) -> None:
    levels = np.array([[0, 127, 128, 129, 255]], np.uint8)
    write(tmp_path / "8.png", levels)
    write(tmp_path / "16.png", levels.astype(np.uint16) * 257)
    for name in ("8.png", "16.png"):
        assert read_truth(tmp_path / name).tolist() == [[False, False, False, True, True]]


@pytest.mark.parametrize("kind", ["palette", "zero-one", "one-bit", "grey palette"])
def test_masks_of_labels_are_told_from_grey_ones(tmp_path: Path, kind: str) -> None:
    labels = np.array([[0, 1, 1, 0]], np.uint8)
    path = tmp_path / "mask.png"
    if kind == "palette":
        image = Image.fromarray(np.array([[0, 1, 2, 0]], np.uint8)).convert("P")
        image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
        image.save(path)
    elif kind == "zero-one":
        write(path, labels)
    elif kind == "one-bit":
        Image.fromarray(labels * 255).convert("1").save(path)
    else:
        image = Image.fromarray(np.array([[2, 1, 1, 3]], np.uint8)).convert("P")
        image.putpalette([9, 9, 9, 200, 200, 200, 0, 0, 0, 100, 100, 100])
        image.save(path)
    assert read_truth(path).tolist() == [[False, True, True, False]]


def test_an_empty_truth_is_a_truth(tmp_path: Path) -> None:
    write(tmp_path / "mask.png", np.zeros((3, 4), np.uint8))
    assert not read_truth(tmp_path / "mask.png").any()


@pytest.mark.parametrize("name", ["text.png", "cut.png", "float.tif", "absent.png"])
def test_unreadable_files_are_named_on_one_line(tmp_path: Path, name: str) -> None:
    random = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    (tmp_path / "text.png").write_text("not an image")
    (tmp_path / "cut.png").write_bytes(cv2.imencode(".png", random)[1].tobytes()[:2000])
    Image.fromarray(np.zeros((3, 3), np.float32)).save(tmp_path / "float.tif")
    for read in (read_map, read_truth):
        with pytest.raises(InputError, match=name) as caught:
            read(tmp_path / name)
        assert "\n" not in str(caught.value)
