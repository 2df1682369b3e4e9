"""Ctrl-C, SIGTERM and SIGHUP: one line, an exit code that says which, nothing left behind; real signals throughout."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from command_process import ended, left_behind, start_probe, start_wrap, wait_for
from held_package import HELD, QUICK
from stranger_package import write_package
from tiny_videos import noise_frames, plain_frames

from vsodboost.cli import main
from vsodboost.cli.signals import Ended, check, handled
from vsodboost.io.atomic import write_png

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals to other processes")

WRITING = """
from vsodboost.io.atomic import atomic_path
from vsodboost.io.lock import VideoLocks
with VideoLocks("out") as locks, atomic_path("out/clip/frames.csv") as temporary:
    locks.take("clip")
    temporary.write_text("half")
    Path("waiting").touch()
    time.sleep(300)
"""


@pytest.mark.parametrize(
    ("number", "words"),
    [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "ended by SIGTERM"), (signal.SIGHUP, "ended by SIGHUP")],
)
def test_a_signal_is_one_line_and_leaves_nothing(tmp_path: Path, number: int, words: str) -> None:
    process = start_probe(tmp_path, WRITING)
    wait_for(tmp_path / "waiting", process)
    assert left_behind(tmp_path)
    process.send_signal(number)
    assert ended(process) == (128 + number, [f"vsodboost: {words}"])
    assert left_behind(tmp_path) == [] and not (tmp_path / "out" / "clip" / "frames.csv").exists()


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    body = """
try:
    Path("waiting").touch()
    time.sleep(300)
finally:
    Path("cleaning").touch()
    time.sleep(300)
"""
    for second in (signal.SIGTERM, signal.SIGINT):
        for mark in ("waiting", "cleaning"):
            (tmp_path / mark).unlink(missing_ok=True)
        process = start_probe(tmp_path, body)
        wait_for(tmp_path / "waiting", process)
        process.send_signal(signal.SIGTERM)
        wait_for(tmp_path / "cleaning", process)
        process.send_signal(second)
        assert ended(process, 60) == (-second, [])


def test_a_module_that_is_being_imported_cannot_swallow_it(tmp_path: Path) -> None:
    top = """
Path("waiting").touch()
for _ in range(1000):
    try:
        time.sleep(0.1)
    except BaseException:
        pass
"""
    process = start_probe(tmp_path, "pass", top=top)
    wait_for(tmp_path / "waiting", process)
    process.send_signal(signal.SIGTERM)
    assert ended(process, 60) == (143, ["vsodboost: ended by SIGTERM"])


@pytest.mark.parametrize(("number", "words"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "ended by SIGTERM")])
def test_it_ends_before_the_command_line_is_imported(tmp_path: Path, number: int, words: str) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "vsodboost", "wrap", "clip"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "click." in line:  # a part of it is imported, the whole is not
                break
        process.send_signal(number)
        said = [line for line in process.stderr.read().splitlines() if not line.startswith("import time:")]
    assert process.returncode == 128 + number
    assert said == [f"vsodboost: {words}; --resume goes on with what is left"]


def test_it_ends_while_torch_is_imported(tmp_path: Path) -> None:
    write_png(tmp_path / "clip" / "0.png", plain_frames(1)[0])
    words = [sys.executable, "-X", "importtime", "-m", "vsodboost", "wrap", "clip"]
    with subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            assert not line.rstrip().endswith("| torch"), "it came too late"
            if "torch." in line:  # a part of it is imported, the whole is not
                break
        process.send_signal(signal.SIGTERM)
        said = [line for line in process.stderr.read().splitlines() if not line.startswith("import time:")]
    assert process.returncode == 143
    assert said == ["vsodboost: ended by SIGTERM; --resume goes on with what is left"]


def test_what_swallows_everything_is_ended_at_the_next_check(tmp_path: Path) -> None:
    body = """
from vsodboost.cli.signals import check
try:
    Path("waiting").touch()
    time.sleep(300)
except BaseException:
    pass
check()
time.sleep(300)
"""
    process = start_probe(tmp_path, body)
    wait_for(tmp_path / "waiting", process)
    process.send_signal(signal.SIGTERM)
    assert ended(process, 60) == (143, ["vsodboost: ended by SIGTERM"])


def test_what_the_caller_ignores_stays_ignored(tmp_path: Path) -> None:
    body = 'Path("waiting").touch()\nwhile not Path("go").exists():\n    time.sleep(0.02)'
    process = start_probe(tmp_path, body, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    wait_for(tmp_path / "waiting", process)
    process.send_signal(signal.SIGHUP)
    (tmp_path / "go").touch()
    assert ended(process) == (0, [])


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_dies_of_it_and_touches_nothing(tmp_path: Path) -> None:
    body = """
from vsodboost.io.lock import VideoLocks
import signal
with VideoLocks("out") as locks:
    locks.take("clip")
    child = os.fork()
    if child == 0:
        time.sleep(300)
        os._exit(0)
    time.sleep(0.2)
    os.kill(child, signal.SIGTERM)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGTERM
    assert Path("out/.clip.lock").exists()
"""
    assert ended(start_probe(tmp_path, body)) == (0, [])
    assert left_behind(tmp_path) == []


def test_the_library_installs_no_handler() -> None:
    code = """
import signal
numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
before = [signal.getsignal(number) for number in numbers]
import vsodboost, vsodboost.api, vsodboost.pipeline.run, vsodboost.cli
assert [signal.getsignal(number) for number in numbers] == before
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_handlers_are_given_back(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit):
        main(["--version"])
    assert signal.getsignal(signal.SIGTERM) == before
    with pytest.raises(Ended) as caught, handled(str):
        os.kill(os.getpid(), signal.SIGTERM)
        check()
    assert caught.value.exit_code == 143 and signal.getsignal(signal.SIGTERM) == before
    with handled(str):
        check()  # the last block's signal is forgotten


def test_a_thread_may_call_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    codes: list[object] = []

    def call() -> None:
        with pytest.raises(SystemExit) as left:
            main(["--version"])
        codes.append(left.value.code)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    assert codes == [0]


def test_a_run_that_is_ended_in_its_middle_is_resumed(tmp_path: Path) -> None:
    for index, frame in enumerate(noise_frames(4)):
        write_png(tmp_path / "clip" / f"{index}.png", frame)
    (tmp_path / "site").mkdir()
    write_package(tmp_path / "site", "holding", HELD)
    arguments = ("clip", "-t", "held", *QUICK, "-o", "out", "--write", "overlay")
    process = start_wrap(tmp_path, tmp_path / "site", *arguments)
    wait_for(tmp_path / "waiting", process)
    assert (tmp_path / "out" / "clip" / "0.png").exists() and left_behind(tmp_path) == [".clip.lock"]
    process.send_signal(signal.SIGTERM)
    assert ended(process) == (143, ["vsodboost: ended by SIGTERM; --resume goes on with what is left"])
    assert left_behind(tmp_path) == [] and (tmp_path / "out" / "clip" / ".checkpoint" / "state.safetensors").exists()
    (tmp_path / "go").touch()
    assert ended(start_wrap(tmp_path, tmp_path / "site", *arguments, "--resume")) == (0, [])
    made = {path.name for path in (tmp_path / "out" / "clip").iterdir()}
    assert {"0.png", "1.png", "2.png", "3.png", ".done.json", "frames.csv", "overlay.mp4"} <= made
    assert left_behind(tmp_path) == [] and not {".started.json", ".checkpoint"} & made
