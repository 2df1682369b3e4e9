"""Under its final name a file is whole or absent, whatever happens."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from vsodboost.data.errors import VideoError, VsodboostError
from vsodboost.io.atomic import (
    TEMPORARY,
    atomic_path,
    remove_leftovers,
    write_bytes,
    write_errors,
    write_png,
    write_text,
)
from vsodboost.io.unfinished import remove_unfinished, unfinished


def test_folders_are_made_and_files_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "note.txt"
    write_text(path, "erst\n")
    write_text(path, "zweit ä\n")
    assert path.read_bytes() == "zweit ä\n".encode()
    assert [file.name for file in path.parent.iterdir()] == ["note.txt"]


def test_pngs_keep_their_pixels(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    grey, colour = rng.integers(0, 256, (5, 7), np.uint8), rng.integers(0, 256, (5, 7, 3), np.uint8)
    write_png(tmp_path / "grey.png", grey)
    write_png(tmp_path / "colour.png", colour)
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "grey.png"), cv2.IMREAD_UNCHANGED), grey)
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "colour.png"), cv2.IMREAD_UNCHANGED)[..., ::-1], colour)


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4), np.float32), np.zeros((4, 4, 5), np.uint8), np.zeros((0, 4), np.uint8), np.zeros(4, np.uint8)],
)
def test_what_is_no_picture_is_refused(tmp_path: Path, image: np.ndarray) -> None:
    with pytest.raises(ValueError, match="a PNG wants"):
        write_png(tmp_path / "x.png", image)
    assert not list(tmp_path.iterdir())


def test_the_temporary_path_has_the_suffix_and_lies_beside_the_file(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "clip.mp4") as temporary:
        assert temporary.parent == tmp_path and temporary.suffix == ".mp4"
        temporary.write_bytes(b"video")
        assert not (tmp_path / "clip.mp4").exists()
    assert [file.name for file in tmp_path.iterdir()] == ["clip.mp4"]


def test_an_error_in_the_block_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"old")
    with pytest.raises(RuntimeError, match="my own"), atomic_path(tmp_path / "clip.mp4") as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError("my own")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"old"]


def test_what_is_open_is_known_and_can_be_removed_from_outside(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "clip.mp4") as temporary:
        assert temporary in unfinished
        temporary.write_bytes(b"half")
        remove_unfinished()
        assert not temporary.exists() and not unfinished
        temporary.write_bytes(b"whole")
    assert not unfinished and (tmp_path / "clip.mp4").read_bytes() == b"whole"


@pytest.mark.parametrize(
    ("number", "stops"),
    [(errno.ENOSPC, True), (errno.EROFS, True), (errno.EIO, True), (errno.EACCES, False), (errno.ENOTDIR, False)],
)
def test_an_error_stops_everything_or_one_video(number: int, stops: bool) -> None:
    with pytest.raises(VsodboostError, match=r"^cannot write a\.png: ") as caught, write_errors(Path("a.png")):
        raise OSError(number, os.strerror(number))
    assert isinstance(caught.value, VideoError) != stops
    assert str(caught.value).endswith("; make room and run it again") == (number == errno.ENOSPC)


def test_errors_name_the_file_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(VsodboostError, match=r"cannot write .*file/x\.png: ") as caught:
        write_bytes(tmp_path / "file" / "x.png", b"")
    assert "\n" not in str(caught.value)
    with pytest.raises(VsodboostError, match="too long"):
        write_bytes(tmp_path / f"{'x' * 300}.png", b"")
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_closed_to_us(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(VsodboostError, match=r"x\.png: Permission denied"):
        write_bytes(tmp_path / "x.png", b"")


FULL_DISK = """
import resource, sys
import numpy as np
from pathlib import Path
from vsodboost.data.errors import VsodboostError
from vsodboost.io.atomic import write_png
from vsodboost.writers.table import FramesTable
from vsodboost.io.film import H264, Film
out = Path(sys.argv[1])
noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)

def png():
    write_png(out / "noise.png", noise)

def table():
    with FramesTable(out / "frames.csv") as table:
        for index in range(20000):
            table.add({"frame": f"{index:05d}"})

def small_table():
    resource.setrlimit(resource.RLIMIT_FSIZE, (5, 5))
    with FramesTable(out / "small.csv") as table:
        table.add({"frame": "00000"})

def video():
    with Film(out / "overlay.mp4", H264, 24, (256, 256)) as video:
        for _ in range(30):
            video.append(noise)

resource.setrlimit(resource.RLIMIT_FSIZE, (20000, resource.RLIM_INFINITY))
for write in (png, table, video, small_table):
    try:
        write()
    except VsodboostError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limit to stand for a full disk")
def test_a_full_disk_is_one_line_naming_the_file_and_leaves_nothing(tmp_path: Path) -> None:
    run = subprocess.run([sys.executable, "-c", FULL_DISK, tmp_path], capture_output=True, text=True, check=True)
    lines = run.stdout.splitlines()
    assert len(lines) == 4, run.stdout
    for line, name in zip(lines, ("noise.png", "frames.csv", "overlay.mp4", "small.csv"), strict=True):
        assert line.startswith(f"cannot write {tmp_path / name}: ")
    assert not list(tmp_path.iterdir())


KILLED = """
import sys
import numpy as np
from pathlib import Path
from vsodboost.io.atomic import write_png
noise = np.random.default_rng(0).integers(0, 256, (300, 300), np.uint8)
print("writing", flush=True)
while True:
    for index in range(5):
        write_png(Path(sys.argv[1]) / f"{index}.png", noise)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_writer_leaves_whole_files_and_leftovers_that_are_swept(tmp_path: Path) -> None:
    for _ in range(5):
        writer = subprocess.Popen([sys.executable, "-c", KILLED, tmp_path], stdout=subprocess.PIPE)
        assert writer.stdout is not None and writer.stdout.readline() == b"writing\n"
        while len(list(tmp_path.glob("[0-9].png"))) < 5:
            assert writer.poll() is None
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        for file in tmp_path.glob("[0-9].png"):
            assert cv2.imread(str(file), cv2.IMREAD_UNCHANGED).shape == (300, 300)
    (tmp_path / f"{TEMPORARY}left.png").touch()
    remove_leftovers(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"{index}.png" for index in range(5)]
