"""What is no file is never opened."""

from __future__ import annotations

import os
import socket
from functools import partial
from pathlib import Path

import click
import pytest
from tiny_videos import plain_frames

from vsodboost.cli import repeating
from vsodboost.cli.config import read_toml
from vsodboost.data.errors import InputError, VsodboostError
from vsodboost.datasets.inputs import open_inputs
from vsodboost.io.atomic import write_png
from vsodboost.io.buffers import resident
from vsodboost.io.image_file import read_rgb
from vsodboost.io.limits import refuse_special, special
from vsodboost.io.raw_image import read_raw
from vsodboost.metrics.attributes import read_attributes
from vsodboost.weights.file_kinds import kind_of

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")


def make(path: Path, kind: str) -> Path:
    """A pipe, a device, a link to one, or a socket at ``path``."""
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "link":
        os.mkfifo(path.parent / ".pipe")
        path.symlink_to(".pipe")
    else:
        here = Path.cwd()
        os.chdir(path.parent)  # the name of a socket must be short
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
        os.chdir(here)
    return path


KINDS = {"pipe": "a named pipe", "device": "a device", "link": "a named pipe", "socket": "a socket"}


def test_files_are_files(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.touch()
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "nothing").symlink_to("gone")
    for name in ("a", "link", "nothing", "gone"):
        assert special(tmp_path / name) is None
        refuse_special(tmp_path / name)
    assert special(tmp_path) == "a folder"


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_that_is_no_file_fails_its_video_at_once(tmp_path: Path, kind: str) -> None:
    for t in range(3):
        write_png(tmp_path / "all" / "good" / f"{t}.png", plain_frames(1)[0])
        write_png(tmp_path / "all" / "bad" / f"{t}.png", plain_frames(1)[0])
    make(tmp_path / "all" / "bad" / "3.png", kind)
    bad, good = open_inputs([tmp_path / "all"])
    with pytest.raises(InputError, match=rf"3\.png is {KINDS[kind]}, not a file"):
        next(bad.frames())
    assert len(list(good.frames())) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_of_nothing_but_pipes(tmp_path: Path, kind: str) -> None:
    make(tmp_path / "0.png", kind)
    (source,) = open_inputs([tmp_path])
    with pytest.raises(InputError, match=rf"0\.png is {KINDS[kind]}"):
        next(source.frames())


@pytest.mark.parametrize("kind", KINDS)
def test_a_pipe_among_frames_given_one_by_one(tmp_path: Path, kind: str) -> None:
    write_png(tmp_path / "0.png", plain_frames(1)[0])
    make(tmp_path / "1.png", kind)
    (source,) = open_inputs([tmp_path / "0.png", tmp_path / "1.png"])
    with pytest.raises(InputError, match=rf"1\.png is {KINDS[kind]}"):
        next(source.frames())


@pytest.mark.parametrize("kind", KINDS)
def test_a_video_among_videos_that_is_no_file_fails_by_name(tmp_path: Path, kind: str) -> None:
    write_png(tmp_path / "good" / "0.png", plain_frames(1)[0])
    make(tmp_path / "clip.mp4", kind)
    bad, good = open_inputs([tmp_path])
    assert (bad.name, good.name) == ("clip", "good")
    with pytest.raises(InputError, match=rf"clip\.mp4 is {KINDS[kind]}, not a file"):
        next(bad.frames())


@pytest.mark.parametrize("read", [read_rgb, read_raw])
@pytest.mark.parametrize("kind", KINDS)
def test_maps_and_frames_are_read_from_files_only(tmp_path: Path, kind: str, read: object) -> None:
    with pytest.raises(InputError, match=rf"0\.png is {KINDS[kind]}"):
        read(make(tmp_path / "0.png", kind))  # type: ignore[operator]


def test_a_buffer_holds_fewer_of_large_frames() -> None:
    assert [resident(size) for size in ((480, 854), (720, 1280), (1080, 1920), (2160, 3840))] == [100, 45, 20, 6]
    assert resident((1080, 1920), limit=10) == 10


@pytest.mark.parametrize("kind", KINDS)
def test_tables_settings_and_weights_that_are_no_files_are_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = make(tmp_path / "given", kind)
    with_like = partial(repeating.with_like, click.Context(click.Command("wrap")), click.Option(["--like"]))
    for read in (read_toml, with_like, read_attributes, kind_of):
        with pytest.raises(VsodboostError, match=f"given is {KINDS[kind]}, not a file; copy what it gives into a file"):
            read(path)
