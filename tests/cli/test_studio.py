"""``vsodboost studio``: it prints an address that works, ends when told to, and says what is wrong in a line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("uvicorn", reason="no uvicorn here: pip install '.[studio]'")
from studios import results

from vsodboost.cli import main

COMMAND = "import signal, vsodboost.cli; signal.signal(signal.SIGINT, signal.default_int_handler); vsodboost.cli.main()"
"""As a terminal starts it: what tests are started by may have it ignore Ctrl-C."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_address_works_until_the_studio_is_ended(tmp_path: Path, number: int) -> None:
    results(tmp_path / "out", "clip")
    words = [sys.executable, "-c", COMMAND, "studio", str(tmp_path / "out"), "--no-browser", "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:") and "?token=" in address
        with urllib.request.urlopen(address) as answer:
            assert b"/video/clip?token=" in answer.read()
        os.kill(process.pid, number)
        assert process.wait(60) == 0
        assert "Traceback" not in process.stderr.read()


def test_what_is_wrong_is_said_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(*words: object) -> str:
        with pytest.raises(SystemExit) as left:
            main(["studio", "--no-browser", *map(str, words)])
        assert left.value.code == 2
        [line] = capsys.readouterr().err.splitlines()
        return line

    results(tmp_path / "out", "clip")
    assert "no such file" in said(tmp_path / "none.mp4")
    assert "name it alone" in said(tmp_path / "out", tmp_path / "frames" / "clip")
    monkeypatch.delitem(sys.modules, "vsodboost.studio.serve", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert "pip install 'vsodboost[studio]'" in said(tmp_path / "out")
