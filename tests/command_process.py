"""Commands as processes of their own: for signals, closed streams and other things that a test cannot do to itself."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PROBE = """
import sys
from vsodboost.cli import COMMANDS, main
COMMANDS["probe"] = ("probe", "command")
main(sys.argv[1:])
"""
SMALL = """
import sys
from vsodboost.ops import resize
resize.working_size = lambda size: (64, 96)
from vsodboost.cli import main
main(sys.argv[1:])
"""
"""The command line, but networks see 64 x 96 px."""


def start_probe(folder: Path, body: str, *arguments: str, top: str = "", **more: Any) -> subprocess.Popen[str]:
    """The command line with one more command, ``probe``, whose function has ``body``, in a module that begins with
    ``top``; it runs in ``folder``."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    code = f"import click, os, sys, time\nfrom pathlib import Path\n{top}\n@click.command()\ndef command():\n{lines}\n"
    (folder / "probe.py").write_text(code, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(folder), **more.pop("env", {})}
    words = [sys.executable, "-c", PROBE, "probe", *arguments]
    return _started(words, folder, environment, **more)


def start_wrap(folder: Path, site: Path, *arguments: object) -> subprocess.Popen[str]:
    """``vsodboost wrap`` in ``folder`` with the packages that lie in ``site``; networks see 64 x 96 px."""
    environment = {**os.environ, "PYTHONPATH": str(site)}
    environment.pop("VSODBOOST_LOAD_PLUGINS", None)
    return _started([sys.executable, "-c", SMALL, "wrap", *map(str, arguments)], folder, environment)


def _started(words: list[str], folder: Path, environment: dict[str, str], **more: Any) -> subprocess.Popen[str]:
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    return subprocess.Popen(
        words, cwd=folder, env=environment, encoding="utf-8", errors="replace", start_new_session=True, **pipes
    )


def wait_for(mark: Path, process: subprocess.Popen[str], seconds: float = 400) -> None:
    """Wait until ``mark`` is there; fails with what the process said when it ends before, or is not so far in time."""
    end = time.monotonic() + seconds
    while not mark.exists():
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            raise AssertionError(f"no {mark.name}; it said {process.communicate()} and ended with {process.returncode}")
        time.sleep(0.02)


def ended(process: subprocess.Popen[str], seconds: float = 400) -> tuple[int, list[str]]:
    """Its exit code and the lines of its standard error, once it has ended; it is killed after ``seconds``."""
    try:
        _, said = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise AssertionError(f"it goes on after {seconds} s") from None
    assert "Traceback" not in (said or ""), said
    return process.returncode, (said or "").splitlines()


def left_behind(folder: Path) -> list[str]:
    """Temporary files and locks below ``folder``."""
    names = [path.name for path in folder.rglob("*")]
    return sorted(name for name in names if name.startswith(".vsodboost-tmp") or name.endswith(".lock"))
