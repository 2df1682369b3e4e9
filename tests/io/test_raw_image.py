"""One image file as it was written."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from mask_files import indexed, masks, numbers, photograph, save
from PIL import Image

from vsodboost.data.errors import InputError
from vsodboost.io.raw_image import read_raw

MASK = masks()[0].astype(np.uint8) * 255


@pytest.mark.parametrize(("mode", "colour", "transparent"), [
    ("1", False, False), ("L", False, False), ("LA", False, True), ("RGB", True, False), ("RGBA", True, True),
])  # fmt: skip
def test_modes(tmp_path: Path, mode: str, colour: bool, transparent: bool) -> None:
    image = read_raw(save(tmp_path / "a.png", Image.fromarray(MASK).convert(mode)))
    assert (image.is_colour, image.alpha is not None, image.palette is None) == (colour, transparent, True)
    assert image.pixels.dtype == np.uint8
    np.testing.assert_array_equal(image.pixels[..., 0] if colour else image.pixels, MASK)


def test_a_palette_is_kept_beside_the_places_in_it(tmp_path: Path) -> None:
    image = read_raw(save(tmp_path / "a.png", indexed(numbers()[0])))
    assert image.palette is not None and image.palette[:3].tolist() == [[0, 0, 0], [128, 0, 0], [0, 128, 0]]
    np.testing.assert_array_equal(image.pixels, numbers()[0])
    assert image.coloured().pixels.shape == (*MASK.shape, 3)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bits_are_kept(tmp_path: Path, channels: int) -> None:
    wide = np.arange(60, dtype=np.uint16).reshape(5, 12) * 1000
    blue_first = wide if channels == 1 else np.dstack([wide, wide + 1, wide + 2, wide + 3][:channels])
    assert cv2.imwrite(str(tmp_path / "a.png"), blue_first)
    image = read_raw(tmp_path / "a.png")
    assert image.pixels.dtype == np.uint16
    np.testing.assert_array_equal(image.pixels if channels == 1 else image.pixels[..., 2], wide)
    if channels == 4:
        assert image.alpha is not None
        np.testing.assert_array_equal(image.alpha, wide + 3)


@pytest.mark.parametrize(("suffix", "options", "lossy"), [
    ("jpg", {}, True), ("webp", {}, True), ("webp", {"lossless": True}, False), ("bmp", {}, False), ("png", {}, False),
])  # fmt: skip
def test_files_with_ringing_are_known(tmp_path: Path, suffix: str, options: dict[str, bool], lossy: bool) -> None:
    assert read_raw(save(tmp_path / f"a.{suffix}", photograph(), **options)).lossy is lossy


def test_the_exif_orientation_is_applied_as_to_frames(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read_raw(save(tmp_path / "a.jpg", MASK, exif=exif)).pixels.shape == MASK.shape[::-1]


@pytest.mark.parametrize("name", ["text.png", "cut.png", "float.tif", "absent.png"])
def test_unreadable_files_are_named_on_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.png").write_text("not an image")
    whole = BytesIO()
    Image.fromarray(photograph()).save(whole, "PNG")
    (tmp_path / "cut.png").write_bytes(whole.getvalue()[:2000])
    Image.fromarray(np.zeros((3, 3), np.float32)).save(tmp_path / "float.tif")
    with pytest.raises(InputError, match=name) as caught:
        read_raw(tmp_path / name)
    assert "\n" not in str(caught.value)
