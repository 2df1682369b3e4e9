"""Standard output and error that are closed, full, gone, or know ASCII only."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from command_process import ended, start_probe

from vsodboost.cli import COMMANDS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="descriptors and /dev/full")

MUCH = 'for line in range(20000):\n    click.echo(f"line {line}")'


def test_a_reader_that_leaves_is_one_line(tmp_path: Path) -> None:
    process = start_probe(tmp_path, MUCH)
    assert process.stdout is not None and process.stdout.readline() == "line 0\n"
    process.stdout.close()
    process.stdout = None
    assert ended(process) == (1, ["vsodboost: cannot write to standard output: Broken pipe"])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("body", ['click.echo("done")', 'print("done")', "print('much ' * 9999)", MUCH])
def test_a_full_disk_behind_standard_output_is_one_line(tmp_path: Path, body: str) -> None:
    with Path("/dev/full").open("w") as full:
        process = start_probe(tmp_path, body, stdout=full)
        assert ended(process) == (1, ["vsodboost: cannot write to standard output: No space left on device"])


def closing(*numbers: int) -> object:
    def close() -> None:
        for number in numbers:
            os.close(number)

    return close


def test_output_that_nobody_can_get_is_one_line(tmp_path: Path) -> None:
    process = start_probe(tmp_path, 'click.echo("done")', stdout=None, preexec_fn=closing(1))
    assert ended(process) == (1, ["vsodboost: cannot write to standard output: Bad file descriptor"])


def test_a_command_that_prints_nothing_needs_no_streams_and_its_files_are_its_own(tmp_path: Path) -> None:
    body = """
with open("result", "w") as file:
    assert file.fileno() > 2
    click.echo("progress", err=True)
    os.system("echo from a library; echo and its errors >&2")
    file.write("done")
"""
    process = start_probe(tmp_path, body, stdin=None, stdout=None, stderr=None, preexec_fn=closing(0, 1, 2))
    assert ended(process) == (0, [])
    assert (tmp_path / "result").read_text() == "done"


def test_a_run_goes_on_when_nobody_reads_its_progress(tmp_path: Path) -> None:
    body = """
from rich.console import Console
for line in range(9999):
    click.echo(f"frame {line}", err=True)
    Console(stderr=True).print("and so on") if line % 1000 == 0 else None
Path("result").touch()
"""
    process = start_probe(tmp_path, body)
    assert process.stderr is not None and process.stderr.readline() == "frame 0\n"
    process.stderr.close()
    process.stderr = None
    assert ended(process)[0] == 0 and (tmp_path / "result").exists()


def test_an_error_keeps_its_code_when_it_cannot_be_said(tmp_path: Path) -> None:
    body = 'from vsodboost.data.errors import UsageError\nraise UsageError("wrong")'
    assert ended(start_probe(tmp_path, body, stderr=None, preexec_fn=closing(2)))[0] == 2


def test_characters_that_a_terminal_does_not_know(tmp_path: Path) -> None:
    body = """
from rich.console import Console
from rich.table import Table
Console().print(Table("β²", "━"))
print("β² \\udce9")
click.echo("ΔS é", err=True)
from vsodboost.data.errors import UsageError
raise UsageError("no video is called 'é'")
"""
    for encoding in ("ascii", "latin-1", "utf-8"):
        process = start_probe(tmp_path, body, env={"PYTHONIOENCODING": encoding, "LC_ALL": "C"})
        code, lines = ended(process)
        assert code == 2 and len(lines) == 2 and lines[1].startswith("vsodboost: no video is called '"), encoding


def test_streams_are_given_back() -> None:
    code = """
import sys
from vsodboost.cli import main
before = sys.stdout, sys.stderr
try:
    main(["--version"])
except SystemExit:
    pass
assert (sys.stdout, sys.stderr) == before
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


ANSWERING = "from vsodboost.cli.streams import answer, answering\n@answering\ndef work():\n    "


@pytest.mark.parametrize(
    "noise",
    [
        'print("noise")',
        'os.system("echo noise")',
        'os.write(1, b"noise\\n")',
        'import ctypes; ctypes.CDLL(None).puts(b"noise")',  # C keeps it until something flushes it
        'sys.__stdout__.write("noise\\n"); sys.__stdout__.flush()',
    ],
)
def test_what_plugins_print_is_no_part_of_the_answer(tmp_path: Path, noise: str) -> None:
    body = f'{ANSWERING}answer("an"); {noise}; answer("swer")\nwork()\nprint("behind")'
    process = start_probe(tmp_path, body)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "an\nswer\nbehind\n", "noise\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_an_answer_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        process = start_probe(tmp_path, f'{ANSWERING}answer("done")\nwork()', stdout=full)
        assert ended(process) == (1, ["vsodboost: cannot write to standard output: No space left on device"])
    process = start_probe(tmp_path, f'{ANSWERING}answer("done")\nwork()', stdout=None, preexec_fn=closing(1))
    assert ended(process) == (1, ["vsodboost: cannot write to standard output: Bad file descriptor"])


def test_every_command_keeps_others_off_its_answer() -> None:
    def commands(group: click.Command) -> Iterator[click.Command]:
        for command in group.commands.values() if isinstance(group, click.Group) else ():
            yield command
            yield from commands(command)

    found = [getattr(importlib.import_module(module), name) for module, name in COMMANDS.values()]
    leaves = [c for top in found for c in (top, *commands(top)) if not isinstance(c, click.Group)]
    assert len(leaves) > 12
    assert [c.name for c in leaves if not hasattr(c.callback, "__wrapped__")] == []
