"""Maps and truth as scoring reads them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from map_files import write
from mask_files import VOID, indexed, masks, numbers, save, save_all, with_void
from PIL import Image

from vsodboost.data.errors import InputError
from vsodboost.datasets.sequence import Truth
from vsodboost.metrics.grey_files import read_map, read_truth, read_whole_truth, readings_of
from vsodboost.metrics.sequences import Pair

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
    if kind == "palette":
        save(tmp_path / "mask.png", indexed(np.array([[0, 1, 2, 0]], np.uint8)))
    elif kind == "zero-one":
        save(tmp_path / "mask.png", labels)
    elif kind == "one-bit":
        save(tmp_path / "mask.png", Image.fromarray(labels * 255).convert("1"))
    else:
        greys = np.array([[9] * 3, [200] * 3, [0] * 3, [100] * 3], np.uint8)
        save(tmp_path / "mask.png", indexed(np.array([[2, 1, 1, 3]], np.uint8), greys))
    assert read_truth(tmp_path / "mask.png").tolist() == [[False, True, True, False]]


def test_void_is_apart_from_the_mask(tmp_path: Path) -> None:
    path = save(tmp_path / "mask.png", indexed(with_void(numbers()[0])))
    truth = read_whole_truth(path)
    np.testing.assert_array_equal(truth.mask, masks()[0])
    assert truth.void is not None and truth.void[VOID].all() and truth.void.sum() == 20 * 40


def test_files_of_a_sequence_are_read_in_one_way(tmp_path: Path) -> None:
    """The second map is dim, not of object numbers, as the first one tells."""
    ramp = np.linspace(0, 255, 96 * 160).reshape(96, 160)
    maps = save_all(tmp_path / "maps", [ramp.astype(np.uint8), (ramp / 120).astype(np.uint8)])
    truths = save_all(tmp_path / "gt", [m.astype(np.uint8) for m in masks(2)])
    readings = readings_of(
        [Pair(Truth(truth.stem, (truth,)), found) for truth, found in zip(truths, maps, strict=True)]
    )
    assert read_map(maps[1], readings.maps).max() == 2
    assert read_truth(truths[1], readings.truth).sum() == masks()[1].sum()


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
