"""What counts as salient in a label, from a folder or from memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mask_files import indexed, masks, numbers, photograph, save, with_void

from vsodboost.boosters.labels.reading import LabelArrays, LabelFolder, LabelSource, read_label
from vsodboost.data.errors import InputError, UsageError

FRAME = photograph(0)
MASK = masks()[0]
WHITE = MASK.astype(np.uint8) * 255


def painted() -> np.ndarray:
    """The frame with the object white on it."""
    image = FRAME.copy()
    image[MASK] = 255
    return image


def label(source: LabelSource, index: int = 0) -> np.ndarray:
    """The label of a frame, read twice: with its frame, then without."""
    name = f"{index:05d}"
    assert source.find("clip", index, name) is not None
    first = source.read("clip", index, name, FRAME)
    np.testing.assert_array_equal(source.read("clip", index, name), first)
    assert first.dtype == np.float32
    return first


def test_masks_and_soft_maps_are_taken_as_they_are(tmp_path: Path) -> None:
    levels = np.array([[0, 51, 255]], np.uint8)
    assert read_label(save(tmp_path / "a.png", levels)).ravel() == pytest.approx([0, 0.2, 1])
    assert read_label(save(tmp_path / "b.png", levels.astype(np.uint16) * 257)).ravel() == pytest.approx([0, 0.2, 1])


def test_object_numbers_and_object_colours_are_salient(tmp_path: Path) -> None:
    colours = np.zeros((1, 3, 3), np.uint8)
    colours[0, 1], colours[0, 2] = (128, 0, 0), (0, 128, 0)
    for image in (np.array([[0, 1, 3]], np.uint8), colours, indexed(np.array([[0, 1, 2]], np.uint8))):
        assert read_label(save(tmp_path / "a.png", image)).tolist() == [[0, 1, 1]]


def test_a_file_that_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"a\.png"):
        read_label(tmp_path / "a.png")


@pytest.mark.parametrize("where", ["clip", "."])
def test_a_folder_of_labels_of_many_kinds(tmp_path: Path, where: str) -> None:
    """What a user draws: white on black, on a copy of the frame, and as a cut-out."""
    save(tmp_path / where / "00000.png", WHITE)
    save(tmp_path / where / "00001.png", painted())
    save(tmp_path / where / "00002.png", np.dstack([FRAME, WHITE]))
    source = LabelFolder(tmp_path)
    for index in range(3):
        found = label(source, index) > 0.5
        assert (found & MASK).sum() / (found | MASK).sum() > (0.95 if index == 1 else 0.999)
    assert source.names("clip") == ["00000.png", "00001.png", "00002.png"]
    assert source.find("clip", 3, "00003") is None


@pytest.mark.parametrize("how", ["png", "jpg"])
def test_a_copy_of_the_frame_that_was_not_drawn_on_is_refused(tmp_path: Path, how: str) -> None:
    save(tmp_path / "clip" / f"00000.{how}", FRAME)
    with pytest.raises(InputError, match=rf"the label .*00000\.{how}.* is (its|the) frame.*nothing drawn"):
        LabelFolder(tmp_path).read("clip", 0, "00000", FRAME)


def test_another_photograph_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "clip" / "00000.png", photograph(1))
    with pytest.raises(InputError, match=r"00000\.png is a picture in colour"):
        LabelFolder(tmp_path).read("clip", 0, "00000", FRAME)


def test_red_in_a_jpeg_has_no_halo(tmp_path: Path) -> None:
    red = np.dstack([WHITE, WHITE * 0, WHITE * 0])
    save(tmp_path / "clip" / "00000.jpg", red, quality=85)
    save(tmp_path / "clip" / "00001.jpg", WHITE, quality=85)
    source = LabelFolder(tmp_path)
    for index in (0, 1):
        found = label(source, index)
        assert set(np.unique(found)) == {0, 1}
        assert ((found > 0) != MASK).mean() < 0.01


def test_void_is_not_salient(tmp_path: Path) -> None:
    save(tmp_path / "clip" / "00000.png", indexed(with_void(numbers()[0])))
    source = LabelFolder(tmp_path)
    np.testing.assert_array_equal(label(source) > 0, MASK)
    assert source.notes("clip") == ["the labels leave out 255, which is void in DAVIS's palette"]


def test_a_label_whose_number_may_count_from_one_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "clip" / "frame1.png", WHITE)
    source = LabelFolder(tmp_path)
    assert source.find("clip", 0, "00000") is None
    with pytest.raises(InputError, match=r"frame1\.png may belong to another frame than 00001.*name the labels"):
        source.find("clip", 1, "00001")


@pytest.mark.parametrize(
    "given",
    [MASK, MASK.astype(np.float64), MASK.astype(np.uint8), MASK.astype(np.int64), WHITE, numbers()[0],
     np.dstack([FRAME, WHITE]), MASK.tolist()],
    ids=["bool", "float", "0 and 1", "int64", "0 and 255", "object numbers", "cut-out", "lists"],
)  # fmt: skip
def test_labels_in_memory(given: Any) -> None:
    source = LabelArrays({0: given})
    np.testing.assert_array_equal(label(source), MASK.astype(np.float32))
    assert source.names("clip") == ["labels[0]"]
    assert source.find("clip", 1, "00001") is None


def test_soft_and_painted_labels_in_memory() -> None:
    source = LabelArrays({np.int64(4): MASK * 0.5, 0: painted()})
    assert source.names("clip") == ["labels[0]", "labels[4]"]
    assert source.read("clip", 4, "00004", FRAME).max() == 0.5
    assert (label(source) > 0.5)[MASK].mean() > 0.95


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "no label"),
        ([MASK], "a list says of no frame which it is"),
        ({-1: MASK}, "-1 is no frame index"),
        ({"00000": MASK}, "'00000' is no frame index"),
        ({3: MASK * 255.0}, r"labels\[3\] is not in \[0, 1\]"),
        ({3: np.full((4, 4), np.nan)}, r"labels\[3\] is not in \[0, 1\]"),
        ({3: MASK[None]}, r"labels\[3\] is bool\[1, 96, 160\]"),
        ({3: np.zeros((0, 4), np.uint8)}, r"labels\[3\] is uint8\[0, 4\]"),
        ({3: -MASK.astype(int)}, r"labels\[3\] is int64"),
    ],
)
def test_what_is_no_label_is_refused(given: Any, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        LabelArrays(given)


def test_an_undrawn_label_in_memory_is_named() -> None:
    with pytest.raises(InputError, match=r"labels\[2\]: it is the frame itself"):
        LabelArrays({2: FRAME}).read("clip", 2, "00002", FRAME)
