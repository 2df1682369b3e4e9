"""Labels that are painted: every change can be undone, and none is lost."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vsodboost.data.errors import InputError
from vsodboost.studio.label_store import History, LabelStore, Outdated, mask_in

SIZE = (4, 6)


def mask(value: int) -> np.ndarray:
    """A mask whose first ``value`` pixels are the object."""
    flat = np.zeros(24, np.uint8)
    flat[:value] = 255
    return flat.reshape(SIZE)


def png(image: Image.Image) -> bytes:
    """An image as PNG."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def shown(store: LabelStore) -> int:
    """How many pixels the label of frame "a" has; -1 for none."""
    file = store.file("a")
    return -1 if file is None else int((mask_in(file.read_bytes(), SIZE) > 0).sum())


def test_changes_are_undone_and_done_again_by_a_store_opened_anew(tmp_path: Path) -> None:
    store = LabelStore(tmp_path, SIZE)
    assert store.history("a") == History() and shown(store) == -1
    for value in (1, 2, 3):
        store.paint("a", mask(value), store.history("a").revision)
    store.step("a", -1, 3)
    store = LabelStore(tmp_path, SIZE)
    assert shown(store) == 2 and store.history("a") == History(3, 2, 4)
    assert store.step("a", 1, 4).at == 3 and shown(store) == 3
    for _ in range(5):
        store.step("a", -1, store.history("a").revision)
    assert shown(store) == -1 and store.labelled() == {}
    assert store.step("a", 1, store.history("a").revision).at == 1 and shown(store) == 1
    store.paint("a", mask(9), store.history("a").revision)  # what was undone is given up
    assert store.history("a").versions == 2 and shown(store) == 9


def test_a_change_from_a_tab_that_is_behind_is_refused(tmp_path: Path) -> None:
    store = LabelStore(tmp_path, SIZE)
    store.paint("a", mask(1), 0)
    with pytest.raises(Outdated, match="another tab"):
        store.paint("a", mask(2), 0)
    with pytest.raises(Outdated):
        store.step("a", -1, 0)
    assert shown(store) == 1


def test_labels_are_written_as_wrap_takes_them(tmp_path: Path) -> None:
    store = LabelStore(tmp_path / "store", SIZE)
    store.paint("a", mask(5), 0)
    store.paint("b", mask(7), 0)
    store.step("b", -1, 1)
    assert store.write_to(tmp_path / "labels") == 1
    assert [file.name for file in (tmp_path / "labels").iterdir()] == ["a.png"]
    assert np.array_equal(np.asarray(Image.open(tmp_path / "labels" / "a.png")), mask(5))


def test_masks_are_read_by_alpha_or_brightness_and_nothing_else_is_taken() -> None:
    alpha = np.dstack([np.full((*SIZE, 3), 235, np.uint8), mask(3) // 255 * 200])
    assert np.array_equal(mask_in(png(Image.fromarray(alpha, "RGBA")), SIZE), mask(3))
    assert np.array_equal(mask_in(png(Image.fromarray(mask(4))), SIZE), mask(4))
    for data, said in ((b"GIF89a", "this is none"), (png(Image.new("L", (7, 4))), "7x4 px for frames of 6x4")):
        with pytest.raises(InputError, match=said):
            mask_in(data, SIZE)
    with pytest.raises(InputError, match="60000x60000"):  # a bomb is refused by its header
        mask_in(png(Image.new("1", (1, 1))).replace(b"\0\0\0\1\0\0\0\1", b"\0\0\xea\x60\0\0\xea\x60", 1), SIZE)


def test_a_damaged_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text('{"a": 1}')
    with pytest.raises(InputError, match=r"labels\.json is not what the studio writes"):
        LabelStore(tmp_path, SIZE)
