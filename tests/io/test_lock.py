"""One run a video, whatever becomes of the others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from vsodboost.data.errors import InputError, UsageError, VideoError
from vsodboost.io import lock as lock_module
from vsodboost.io import output_paths
from vsodboost.io.lock import SILENT, InUse, Owner, VideoLocks
from vsodboost.io.output_paths import LONGEST
from vsodboost.io.unfinished import unfinished

TAKER = """
import sys, time
from vsodboost.io.lock import VideoLocks
with VideoLocks(sys.argv[1]) as locks:
    locks.take("bear")
    print("taken", flush=True)
    time.sleep(60)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def leave(folder: Path, **changes: object) -> Owner:
    """A lock of bear that another run left; without changes it is one of this very process."""
    owner = replace(Owner.this_run(), **changes)  # type: ignore[arg-type]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".bear.lock").write_text(json.dumps(asdict(owner)), encoding="utf-8")
    return owner


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_a_lock_says_who_holds_it_and_is_gone_afterwards(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    with VideoLocks(tmp_path) as locks:
        locks.take("bear")
        locks.take("cows")
        written = json.loads((tmp_path / ".bear.lock").read_text(encoding="utf-8"))
        assert written["pid"] == os.getpid() and written["host"] and written["since"] and written["command"]
        assert names(tmp_path) == [".bear.lock", ".cows.lock", "kept"]
        locks.release("bear")
        locks.release("bear")
        assert names(tmp_path) == [".cows.lock", "kept"]
    assert names(tmp_path) == ["kept"] and not unfinished


def test_an_error_in_the_block_gives_them_back(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="my own"), VideoLocks(tmp_path / "out") as locks:
        locks.take("bear")
        raise RuntimeError("my own")
    assert names(tmp_path) == []


def test_the_lock_of_a_run_that_was_killed_behind_its_end_is_cleared_and_no_other(tmp_path: Path) -> None:
    leave(tmp_path, pid=2**22 + 1)  # no process has so large a number
    with VideoLocks(tmp_path) as locks:
        locks.clear_left_behind("bear")
        locks.clear_left_behind("cows")
        assert names(tmp_path) == []
        leave(tmp_path)
        locks.clear_left_behind("bear")
        assert names(tmp_path) == [".bear.lock"]


def test_folders_made_for_locks_are_gone_when_nothing_was_written(tmp_path: Path) -> None:
    with VideoLocks(tmp_path / "a" / "b") as locks:
        locks.take("bear")
    assert names(tmp_path) == []
    with VideoLocks(tmp_path / "a" / "b") as locks:
        locks.take("bear")
        (tmp_path / "a" / "result").touch()
    assert names(tmp_path / "a") == ["result"]


def test_a_second_run_is_told_who_has_the_video_and_may_have_others(tmp_path: Path) -> None:
    with VideoLocks(tmp_path) as first, VideoLocks(tmp_path) as second:
        first.take("bear")
        with pytest.raises(InUse) as refused:
            second.take("bear")
        said = str(refused.value)
        assert said.startswith("another run (") and f"pid {os.getpid()}, since 2" in said
        assert f"is writing to {tmp_path / 'bear'}; wait until it ends, or choose another -o" in said
        assert "delete" not in said and "\n" not in said
        second.take("cows")
        first.release("bear")
        second.take("bear")
        assert second.taken_over == {}


def test_refused_it_leaves_the_others_lock_alone(tmp_path: Path) -> None:
    with VideoLocks(tmp_path) as first:
        first.take("bear")
        with pytest.raises(InUse), VideoLocks(tmp_path) as second:
            second.take("bear")
        assert names(tmp_path) == [".bear.lock"]
        first.confirm("bear")


@pytest.mark.skipif(os.name == "nt", reason="there, only silence tells")
def test_the_lock_of_a_run_that_was_killed_is_taken_over(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", TAKER, tmp_path], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"taken\n"
        with pytest.raises(InUse), VideoLocks(tmp_path) as locks:
            locks.take("bear")
        process.send_signal(signal.SIGKILL)
    assert names(tmp_path) == [".bear.lock"]
    with VideoLocks(tmp_path) as locks:
        locks.take("bear")
        left_by = locks.taken_over["bear"]
        assert left_by is not None and left_by.pid == process.pid
        locks.confirm("bear")
    assert names(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not say when a process started")
def test_a_number_that_was_given_to_another_process_is_no_owner(tmp_path: Path) -> None:
    leave(tmp_path, started="1")  # this process runs, but did not start then
    with VideoLocks(tmp_path) as locks:
        locks.take("bear")
        assert list(locks.taken_over) == ["bear"]


def test_a_run_on_another_machine_is_gone_when_it_is_silent(tmp_path: Path) -> None:
    leave(tmp_path, host="far", machine="far away", pid=1)
    with pytest.raises(InUse, match=rf"far, pid 1, .*if it is gone for certain, delete {tmp_path}/\.bear\.lock"):
        VideoLocks(tmp_path).take("bear")
    age(tmp_path / ".bear.lock", SILENT - 60)
    with pytest.raises(InUse):
        VideoLocks(tmp_path).take("bear")
    age(tmp_path / ".bear.lock", SILENT + 60)
    with VideoLocks(tmp_path) as locks:
        locks.take("bear")
        left_by = locks.taken_over["bear"]
        assert left_by is not None and left_by.host == "far"
    assert names(tmp_path) == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}'])
def test_a_lock_that_cannot_be_read_counts_until_it_is_old(tmp_path: Path, content: str) -> None:
    (tmp_path / ".bear.lock").write_text(content)
    with pytest.raises(InUse, match=r"another run \(which cannot be told\).*delete"):
        VideoLocks(tmp_path).take("bear")
    age(tmp_path / ".bear.lock", SILENT + 60)
    with VideoLocks(tmp_path) as locks:
        locks.take("bear")
        assert locks.taken_over == {"bear": None}


def test_of_many_that_find_a_lock_left_behind_one_gets_it(tmp_path: Path) -> None:
    for turn in range(15):
        out = tmp_path / str(turn)
        leave(out, host="far", machine="far away")
        age(out / ".bear.lock", SILENT + 60)
        runs = [VideoLocks(out) for _ in range(6)]
        got: list[int] = []
        ready = threading.Barrier(len(runs))

        def take(index: int, run: VideoLocks, ready: threading.Barrier = ready, got: list[int] = got) -> None:
            ready.wait()
            try:
                run.take("bear")
            except InUse:
                return
            got.append(index)

        threads = [threading.Thread(target=take, args=(i, run)) for i, run in enumerate(runs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(got) == 1, got
        runs[got[0]].confirm("bear")
        for run in runs:
            run.__exit__()
        assert names(out) == []


def test_a_lock_that_is_held_is_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_module, "BEAT", 0.02)
    with VideoLocks(tmp_path) as locks:
        locks.take("bear")
        age(tmp_path / ".bear.lock", 1000)
        end = time.monotonic() + 20
        while time.time() - (tmp_path / ".bear.lock").stat().st_mtime > 500:
            assert time.monotonic() < end, "nobody touches it"
            time.sleep(0.02)


def test_a_run_that_lost_its_lock_notices(tmp_path: Path) -> None:
    with VideoLocks(tmp_path) as locks:
        locks.take("bear")
        other = leave(tmp_path, host="far")
        with pytest.raises(InUse, match=f"another run \\({other.host}"):
            locks.confirm("bear")
    assert names(tmp_path) == [".bear.lock"]  # the other's


def test_a_change_of_folder_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with VideoLocks("out") as locks:
        locks.take("bear")
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        locks.confirm("bear")
    assert names(tmp_path) == ["elsewhere"]


def test_the_longest_name_has_room_for_all_that_is_put_around_it(tmp_path: Path) -> None:
    name = "x" * LONGEST
    other = replace(Owner.this_run(), machine="another", host="another")
    (tmp_path / f".{name}.lock").write_text(json.dumps(asdict(other)), encoding="utf-8")
    age(tmp_path / f".{name}.lock", SILENT + 60)
    with VideoLocks(tmp_path) as locks:
        locks.take(name)
        assert locks.taken_over == {name: other}
    assert names(tmp_path) == []


def test_a_name_that_the_disk_does_not_take_is_its_own_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output_paths, "LONGEST", 300)
    with VideoLocks(tmp_path) as locks:
        with pytest.raises(InputError, match="is too long for a name in"):
            locks.take("x" * 254)
        locks.take("bear")


def test_what_cannot_be_locked_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UsageError, match=f"cannot write to the output folder {out}: a file is in its way"):
            VideoLocks(out).take("bear")
    with pytest.raises(InputError, match="cannot be the name"):
        VideoLocks(tmp_path).take("../bear")
    assert issubclass(InUse, VideoError) and names(tmp_path) == ["file"] and not unfinished
