"""Sizes from headers, and pictures that are refused for what their headers announce."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_videos import plain_frames

from vsodboost.data.errors import InputError
from vsodboost.io.frame_folder import FrameFolder
from vsodboost.io.image_file import read_rgb
from vsodboost.io.image_header import ImageHeader, image_header
from vsodboost.io.raw_image import read_raw

NOISE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
HUGE = 30000


def encoded(form: str, mode: str = "RGB", **options: object) -> bytes:
    buffer = BytesIO()
    Image.fromarray(NOISE).convert(mode).save(buffer, form, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        encoded("PNG"),
        encoded("PNG", "P", dpi=(72, 72)),
        encoded("JPEG"),
        encoded("JPEG", progressive=True, icc_profile=b"\xff\xc0" * 40_000, comment=b"\xff\xc0 a mark in a comment"),
        encoded("BMP"),
        encoded("WEBP"),
        encoded("WEBP", lossless=True),
        encoded("WEBP", "RGBA", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"),
        encoded("TIFF"),
        encoded("TIFF", compression="tiff_lzw"),
        encoded("TIFF", big_tiff=True),
        encoded("GIF"),
        encoded("PPM"),
        b"P5\n# a remark 9 9\n60 40\n255\n" + bytes(2400),
    ],
)
def test_the_size_is_read(data: bytes) -> None:
    header = image_header(data)
    assert header is not None
    assert (header.width, header.height, header.pictures) == (60, 40, 1)
    assert header.needed <= len(data)


def test_a_big_endian_tiff() -> None:
    tags = [(256, 4, 1, 60), (257, 3, 1, 40 << 16), (273, 4, 1, 8), (279, 4, 1, 300)]
    entries = b"".join(struct.pack(">HHII", *tag) for tag in tags)
    data = b"MM\0*" + struct.pack(">I", 8) + struct.pack(">H", len(tags)) + entries + bytes(4)
    assert image_header(data) == ImageHeader(60, 40, 1, 308)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_several_pictures_in_one_file_are_no_frame(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"film.{form.lower()}"
    first, *others = [Image.fromarray(image) for image in plain_frames(3)]
    first.save(path, save_all=True, append_images=others)
    for read in (read_rgb, read_raw):
        with pytest.raises(InputError, match=rf"film\.{form.lower()} holds several pictures"):
            read(path)


def test_a_thumbnail_in_a_tiff_is_no_second_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    pages = [Image.fromarray(NOISE), Image.fromarray(NOISE[:8, :8])]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    data = bytearray(path.read_bytes())
    header = image_header(bytes(data))
    assert header is not None and header.pictures == 2
    second = data.index(struct.pack("<HHII", 256, 4, 1, 8)) if struct.pack("<HHII", 256, 4, 1, 8) in data else -1
    if second < 0:
        second = data.index(struct.pack("<HHII", 256, 3, 1, 8))
    struct.pack_into("<HHII", data, second, 254, 4, 1, 1)  # the width's place says that it is a reduced picture
    header = image_header(bytes(data))
    assert header is not None and header.pictures == 1


def test_no_header_fails_on_cut_or_senseless_bytes() -> None:
    rng = np.random.default_rng(1)
    whole = [encoded(form) for form in ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF", "PPM")]
    for data in whole:
        for length in range(0, 200):
            image_header(data[:length])
        for _ in range(300):
            broken = bytearray(data)
            for place in rng.integers(4, min(len(data), 400), 4):
                broken[place] = rng.integers(256)
            image_header(bytes(broken))
    for data in (b"", b"II*\0\xff\xff\xff\xff", b"\xff\xd8" + b"\xff" * 50_000, b"\xff\xd8" + bytes(50_000), b"P5 x"):
        assert image_header(data) is None


def png_bomb() -> bytes:
    """A valid PNG of 30000 x 30000 black pixels in 0.1 MB."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    packer = zlib.compressobj(9)
    row = bytes(1 + HUGE // 8)
    rows = b"".join(packer.compress(row) for _ in range(HUGE)) + packer.flush()
    head = struct.pack(">IIBBBBB", HUGE, HUGE, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def patched(form: str, before: bytes, after: bytes) -> bytes:
    data = encoded(form)
    assert before in data
    return data.replace(before, after, 1)


def tiff_bomb(sides: tuple[int, int] = (HUGE, HUGE), compression: str | None = None) -> bytes:
    data = bytearray(encoded("TIFF", compression=compression))
    directory = struct.unpack_from("<I", data, 4)[0]
    for entry in range(directory + 2, directory + 2 + 12 * struct.unpack_from("<H", data, directory)[0], 12):
        tag = struct.unpack_from("<H", data, entry)[0]
        if tag in (256, 257):
            struct.pack_into("<HII", data, entry + 2, 4, 1, sides[tag - 256])
    return bytes(data)


def webp_bomb() -> bytes:
    data = bytearray(encoded("WEBP", lossless=True))
    bits = struct.unpack_from("<I", data, 21)[0]
    struct.pack_into("<I", data, 21, bits & 0xF0000000 | 16382 | 16382 << 14)
    return bytes(data)


MEMORY = """
import resource, sys
from pathlib import Path
from vsodboost.data.errors import InputError
from vsodboost.io.frame_folder import FrameFolder
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    list(FrameFolder(Path(sys.argv[1])).frames())
except InputError as error:
    print(error)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
assert grown < 50_000, f"took {grown} kB"
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ru_maxrss is in kB on Linux only")
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("0.png", png_bomb),
        ("0.tif", tiff_bomb),
        ("0.webp", webp_bomb),
        ("0.jpg", lambda: patched("JPEG", struct.pack(">HH", 40, 60), struct.pack(">HH", HUGE, HUGE))),
        ("0.bmp", lambda: patched("BMP", struct.pack("<II", 60, 40), struct.pack("<II", HUGE, HUGE))),
        ("1.bmp", lambda: patched("BMP", struct.pack("<II", 60, 40), struct.pack("<ii", HUGE, -HUGE))),
        ("named.png", lambda: patched("GIF", struct.pack("<HH", 60, 40), struct.pack("<HH", HUGE, HUGE))),
        ("named.jpg", lambda: b"P6 30000 30000 255 " + bytes(99)),
    ],
)
def test_a_decompression_bomb_is_refused_by_its_header(tmp_path: Path, name: str, make: Callable[[], bytes]) -> None:
    (tmp_path / name).write_bytes(make())
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    size = "16383x16383" if name == "0.webp" else "30000x30000"
    assert f"{name} announces {size} pixels, more than the 134,217,728" in done.stdout
    assert done.stdout.count("\n") == 1 and done.stderr == ""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ru_maxrss is in kB on Linux only")
def test_a_chunk_that_announces_more_than_the_file_takes_no_memory(tmp_path: Path) -> None:
    data = encoded("PNG")
    place = data.index(b"IDAT") - 4
    (tmp_path / "0.png").write_bytes(data[:place] + b"\xfe\xff\xff\xff" + data[place + 4 :])
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "0.png is cut short" in done.stdout


@pytest.mark.parametrize(
    "data",
    [
        patched("PNG", struct.pack(">II", 60, 40), struct.pack(">II", 10_000, 10_000)),
        patched("BMP", struct.pack("<II", 60, 40), struct.pack("<II", 60, 400)),
        tiff_bomb(sides=(60, 400)),
        tiff_bomb(sides=(9_000, 9_000), compression="tiff_lzw"),
        tiff_bomb(sides=(9_000, 9_000), compression="tiff_deflate"),
    ],
    ids=["png", "bmp", "tiff", "tiff_lzw", "tiff_deflate"],
)
def test_more_pixels_than_the_bytes_can_hold_are_not_decoded(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "0.png").write_bytes(data)
    with pytest.raises(InputError, match=r"0\.png is cut short"):
        read_rgb(tmp_path / "0.png")


@pytest.mark.parametrize("form", ["PNG", "TIFF", "BMP"])
@pytest.mark.parametrize("options", [{}, {"compression": "tiff_lzw"}, {"compression": "tiff_deflate"}])
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_the_plainest_pictures_are_long_enough(tmp_path: Path, form: str, options: dict[str, str], mode: str) -> None:
    path = tmp_path / "0.png"
    Image.new(mode, (3000, 2000)).save(path, form, **(options if form == "TIFF" else {}))
    assert read_rgb(path).shape == (2000, 3000, 3)


def test_the_limit_is_the_callers(tmp_path: Path) -> None:
    path = tmp_path / "0.png"
    path.write_bytes(encoded("PNG"))
    assert read_rgb(path, max_pixels=2400).shape == read_rgb(path).shape == (40, 60, 3)
    for read in (read_rgb, read_raw, lambda p, limit: list(FrameFolder(p.parent, max_pixels=limit).frames())):
        with pytest.raises(InputError, match=r"0\.png announces 60x40 pixels, more than the 2,399"):
            read(path, 2399)


def test_a_file_far_too_long_for_its_picture_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "0.png"
    path.write_bytes(encoded("PNG"))
    with path.open("r+b") as file:
        file.truncate(1 << 33)  # sparse
    with pytest.raises(InputError, match=r"0\.png has 8\.6 GB, too many for a picture"):
        read_rgb(path)


def test_what_is_no_picture_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "0.png"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(InputError, match=r"0\.png"):
        read_rgb(path)
