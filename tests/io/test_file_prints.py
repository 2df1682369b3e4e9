"""Files are the same after a copy, and others after a change, whatever their times say."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from vsodboost.io.file_prints import BLOCK, differs, print_of

SIZE = 20 * BLOCK


def some(folder: Path) -> list[Path]:
    folder.mkdir()
    for name, fill in (("a", b"1"), ("b", b"2")):
        (folder / name).write_bytes(fill * SIZE)
    return sorted(folder.iterdir())


def test_a_copy_is_the_same_and_order_is_nothing(tmp_path: Path) -> None:
    files = some(tmp_path / "one")
    before = print_of(files)
    shutil.copytree(tmp_path / "one", tmp_path / "two", copy_function=shutil.copyfile)
    copied = sorted((tmp_path / "two").iterdir(), reverse=True)
    os.utime(copied[0], (1, 1))
    assert print_of(copied)["times"] != before["times"]
    assert not differs(copied, before)


def put(at: int) -> Callable[[Path], object]:
    """Exchange a byte of the first file; its size stays."""

    def change(folder: Path) -> None:
        data = bytearray((folder / "a").read_bytes())
        data[at] ^= 255
        (folder / "a").write_bytes(data)
        os.utime(folder / "a", (2, 2))

    return change


@pytest.mark.parametrize(
    "change",
    [
        put(0),
        put(SIZE // 2),
        put(-1),
        lambda folder: (folder / "a").write_bytes(b"1" * (SIZE + 1)),
        lambda folder: (folder / "c").touch(),
        lambda folder: (folder / "b").unlink(),
        lambda folder: (folder / "b").rename(folder / "c"),
    ],
)
def test_a_change_is_seen(tmp_path: Path, change: Callable[[Path], object]) -> None:
    before = print_of(some(tmp_path / "one"))
    change(tmp_path / "one")
    assert differs(sorted((tmp_path / "one").iterdir()), before)


def test_what_no_print_was_made_of_says_nothing(tmp_path: Path) -> None:
    files = some(tmp_path / "one")
    assert not any(differs(files, before) for before in (None, {}, "print", {"times": ""}))


def test_files_that_nobody_touched_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = some(tmp_path / "one")
    before = print_of(files)
    monkeypatch.setattr(Path, "open", lambda *given: pytest.fail("read"))
    assert not differs(files, before)


def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="is no file"):
        print_of([tmp_path / "pipe"])
