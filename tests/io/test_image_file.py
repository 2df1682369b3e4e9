"""One image: whole, or an error."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vsodboost.data.errors import InputError
from vsodboost.io.image_file import read_rgb
from vsodboost.io.raw_image import read_raw

NOISE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)


def save(path: Path, pixels: np.ndarray, **options: object) -> Path:
    Image.fromarray(pixels).save(path, **options)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("suffix", ["png", "bmp", "jpg", "webp", "tif"])
def test_colours_are_rgb(tmp_path: Path, suffix: str) -> None:
    green = np.zeros((16, 16, 3), np.uint8)
    green[..., 0], green[..., 1] = 40, 200
    image = read_rgb(save(tmp_path / f"green.{suffix}", green))
    assert image.dtype == np.uint8 and image.flags.c_contiguous
    assert np.abs(image.astype(int) - green).max() <= 3


@pytest.mark.parametrize("suffix", ["png", "bmp", "jpg", "webp", "tif"])
@pytest.mark.parametrize("share", [0.999, 0.6, 0.02])
@pytest.mark.parametrize("read", [read_rgb, read_raw])
def test_a_cut_image_is_never_half_read(tmp_path: Path, suffix: str, share: float, read: object) -> None:
    path = save(tmp_path / f"cut.{suffix}", NOISE)
    data = path.read_bytes()
    path.write_bytes(data[: min(len(data) - 1, int(len(data) * share))])
    with pytest.raises(InputError, match=rf"cut\.{suffix}"):
        read(path)  # type: ignore[operator]


def test_a_cut_jpeg_with_a_whole_thumbnail_is_still_cut(tmp_path: Path) -> None:
    thumbnail = BytesIO()
    Image.fromarray(NOISE[:8, :8]).save(thumbnail, "JPEG")
    path = save(tmp_path / "cut.jpg", NOISE, exif=b"Exif\0\0" + thumbnail.getvalue())
    assert read_rgb(path).shape == (40, 60, 3)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match="cut short"):
        read_rgb(path)


def test_what_phones_append_to_a_jpeg_does_no_harm(tmp_path: Path) -> None:
    path = save(tmp_path / "motion.jpg", NOISE)
    path.write_bytes(path.read_bytes() + b"a video \xff\xda and more")
    assert read_rgb(path).shape == (40, 60, 3)


def test_a_progressive_jpeg_is_whole(tmp_path: Path) -> None:
    assert read_rgb(save(tmp_path / "scans.jpg", NOISE, progressive=True)).shape == (40, 60, 3)


@pytest.mark.parametrize("content", [b"", b"text", b"\x89PNG\r\n\x1a\n IEND", b"BM", b"\xff\xd8\xff\xd9"])
def test_what_is_no_image_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.png") as caught:
        read_rgb(path)
    assert "\n" not in str(caught.value)


def test_a_missing_image_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.png: No such file"):
        read_rgb(tmp_path / "gone.png")


def test_what_opencv_cannot_decode_is_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "float.tif"
    Image.fromarray(NOISE[..., 0].astype(np.float32)).save(path)
    with pytest.raises(InputError, match=r"float\.tif is not a readable image"):
        read_rgb(path)
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_deflate", "packbits"])
def test_tiff_of_each_compression(tmp_path: Path, compression: str | None) -> None:
    path = save(tmp_path / "a.tif", NOISE, compression=compression)
    np.testing.assert_array_equal(read_rgb(path), NOISE)


def test_a_deep_tiff_keeps_its_upper_byte(tmp_path: Path) -> None:
    Image.fromarray(NOISE[..., 0].astype(np.uint16) * 256 + 7).save(tmp_path / "deep.tif")
    image = read_rgb(tmp_path / "deep.tif")
    np.testing.assert_array_equal(image, np.repeat(NOISE[..., :1], 3, axis=2))


def test_the_exif_orientation_of_a_frame_is_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned 90 degrees clockwise
    pixels = np.zeros((16, 32, 3), np.uint8)
    pixels[:, :16] = 255
    image = read_rgb(save(tmp_path / "phone.jpg", pixels, exif=exif))
    assert image.shape == (32, 16, 3)
    assert image[:12].mean() > 240 and image[20:].mean() < 15


def test_transparency_is_dropped(tmp_path: Path) -> None:
    pixels = np.dstack([NOISE, np.zeros((40, 60), np.uint8)])
    np.testing.assert_array_equal(read_rgb(save(tmp_path / "clear.png", pixels)), NOISE)


@pytest.mark.parametrize("suffix", ["webp", "tif"])
def test_an_opaque_alpha_changes_nothing(tmp_path: Path, suffix: str) -> None:
    options = {"lossless": True} if suffix == "webp" else {}
    pixels = np.dstack([NOISE, np.full((40, 60), 255, np.uint8)])
    np.testing.assert_array_equal(read_rgb(save(tmp_path / f"a.{suffix}", pixels, **options)), NOISE)


def test_what_is_transparent_in_a_tiff_is_black(tmp_path: Path) -> None:
    pixels = np.dstack([NOISE, np.zeros((40, 60), np.uint8)])
    assert read_rgb(save(tmp_path / "clear.tif", pixels)).max() == 0


@pytest.mark.parametrize("suffix", ["webp", "tif"])
def test_other_kinds_are_turned_upright_too(tmp_path: Path, suffix: str) -> None:
    pixels = np.zeros((16, 32, 3), np.uint8)
    pixels[:, :16] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {"exif": exif, "lossless": True} if suffix == "webp" else {"tiffinfo": {274: 6}}
    image = read_rgb(save(tmp_path / f"phone.{suffix}", pixels, **options))
    assert image.shape == (32, 16, 3) and image[:12].mean() > 240 and image[20:].mean() < 15
