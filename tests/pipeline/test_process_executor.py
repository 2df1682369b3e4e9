"""The executor ``process``: what a video does to its worker spoils that video alone. Real processes throughout."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from portable_work import Deeds, video

from vsodboost.data.errors import UsageError, VsodboostError
from vsodboost.pipeline.executors import build_local, build_process
from vsodboost.pipeline.executors.process import Process, ProcessSettings
from vsodboost.registry.interfaces import Outcome, PortableWork, Request

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and memory are watched on Linux")


def outcomes(work: PortableWork, *names: str, **settings: object) -> dict[str, Outcome]:
    """What became of videos of those names."""
    executor = Process(ProcessSettings(**settings))  # type: ignore[arg-type]
    return {outcome.source.name: outcome for outcome in executor.run(work, [video(name) for name in names])}


def test_whatever_happens_to_a_worker_the_others_are_done(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    work = Deeds(tmp_path)
    deeds = ("exits", "crashes", "hangs", "leaks", "floods", "fails", "fine-1", "fine-2")
    found = outcomes(work, *deeds, workers=2, timeout=3.0, memory=400 << 20, tries=1, threads=None)
    assert set(found) == set(deeds)
    errors = {name: str(outcome.error) for name, outcome in found.items() if outcome.error}
    assert errors.pop("exits") == "its worker ended itself (exit code 0); the video is set aside"
    assert errors.pop("crashes") == "its worker was ended by SIGSEGV; the video is set aside"
    assert re.fullmatch(r"its worker made no step in \d+ s \(--timeout\), after 5 frames; .*", errors.pop("hangs"))
    assert re.fullmatch(r"its worker held \d\.\d GiB \(--memory\), after \d+ frames; .*", errors.pop("leaks"))
    assert errors == {"fails": "it cannot be read"}
    assert all(found[name].summary for name in ("floods", "fine-1", "fine-2"))
    assert ("frames", "fine-1", 3) in work.relayed and ("started", "fails", None) in work.relayed
    said = capfd.readouterr().err
    assert len(said) < 40_000 and re.search(r"vsodboost: floods: \d{7} more bytes of printed output left out", said)


def test_a_video_is_tried_again_where_it_stopped_while_it_makes_steps(tmp_path: Path) -> None:
    work = Deeds(tmp_path)
    found = outcomes(work, "exits", "stumbles", "fine", tries=2)
    assert str(found["exits"].error).startswith("its worker ended itself (exit code 0) 2 times without a step forward;")
    assert found["stumbles"].summary is not None
    assert found["stumbles"].summary["tries"] == 4 and found["stumbles"].summary["resume"] is True
    assert found["fine"].summary is not None and found["fine"].summary["resume"] is False
    assert [event for event in work.relayed if event[:2] == ("started", "stumbles")] == [("started", "stumbles", None)]


def test_what_stops_everything_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(VsodboostError, match="the disk is full"):
        outcomes(Deeds(tmp_path), "full", "fine")
    with pytest.raises(VsodboostError, match="cannot be done in another process"):
        outcomes(lambda source: {}, "fine")  # type: ignore[arg-type]


RUN = """
import sys
from pathlib import Path
from portable_work import Deeds, video
from vsodboost.pipeline.executors.process import Process, ProcessSettings
if __name__ == "__main__":
    list(Process(ProcessSettings()).run(Deeds(Path(sys.argv[1])), [video("sleeps")]))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_no_worker_outlives_its_run(tmp_path: Path, number: int) -> None:
    script, tests = tmp_path / "script.py", Path(__file__).resolve().parents[1]
    script.write_text(RUN)
    environment = {**os.environ, "PYTHONPATH": str(tests)}
    words = [sys.executable, str(script), str(tmp_path)]
    with subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL, start_new_session=True) as run:
        mark = tmp_path / "pid"
        while not mark.exists() or not mark.read_text():
            assert run.poll() is None
            time.sleep(0.02)
        run.send_signal(number)
        run.wait()
    worker = Path("/proc") / mark.read_text()
    for _ in range(1500):
        if not worker.exists() or worker.joinpath("stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.02)
    raise AssertionError("the worker goes on")


def test_options_are_read_or_refused() -> None:
    given = {"workers": "2", "timeout": "1.5m", "memory": "1.5G", "tries": "3"}
    settings = build_process(Request(options=given)).settings
    assert (settings.workers, settings.timeout, settings.memory, settings.tries) == (2, 90, 3 << 29, 3)
    assert settings.threads is not None and settings.threads >= 1
    assert build_process(Request()).settings == ProcessSettings()
    for wrong in (
        {"workers": "0"},
        {"timeout": "soon"},
        {"timeout": "0"},
        {"memory": "9"},
        {"memory": "much"},
        {"x": "1"},
    ):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            build_process(Request(options=wrong))
    with pytest.raises(UsageError, match="executor 'local' has no timeout; give --executor process as well"):
        build_local(Request(options={"timeout": "3"}))
