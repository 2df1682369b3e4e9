"""Mutated files through the readers and the command line: no traceback, no hang, no flood of memory, nothing astray.

    python benchmarks/soak.py --cases 20000                     all kinds, through the readers
    python benchmarks/soak.py --kinds gif,toml --cases 500
    python benchmarks/soak.py --cli 60                          a file of each kind after another through ``vsodboost``
    python benchmarks/soak.py --only 4711                       that case alone, in this process, with its traceback

Case N is the same file whatever else runs (``--seed``). Cases run in forked workers, of which each has a limit of
memory; a case that takes more than ``--seconds`` of processor time, ends its worker, raises anything but an error of
ours, or says more than one line is a finding: its file is kept in ``--keep``. Exit code 1 when there are findings.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import TextIOWrapper
from itertools import pairwise
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import click
import cv2
import torch
from soak_files import Kind, frames, kinds
from soak_mutations import mutated

from vsodboost.data.errors import VsodboostError

MEMORY = 2 << 30
"""Bytes that a case may take beyond what its worker has."""
LONGEST = 900
"""Characters of a message."""
TICK = os.sysconf("SC_CLK_TCK")
STUCK = 240.0
"""Seconds without an end, whatever the processor did: something waits for what never comes."""


@dataclass
class Account:
    """How many cases were ``read`` whole, ``refused`` in a line, and the findings: what, and the file."""

    read: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[int, str, str]] = field(default_factory=list)
    most: int = 0
    """Bytes that a case took at most beyond what its worker had."""

    def add(self, number: int, kind: str, what: str, words: str, memory: int, allowed: int) -> str:
        """Count one case; what is wrong with it, "" if nothing."""
        self.most = max(self.most, memory)
        if what in ("read", "refused") and memory > allowed:
            what, words = "memory", f"it took {memory >> 20} MiB"
        if what in ("read", "refused"):
            getattr(self, what)[kind] += 1
            return ""
        self.findings.append((number, kind, f"{what}: {words}"))
        return f"{what}: {words}"


class Soak:
    """Cases by number: ``chosen`` kinds in turn, each a mutated seed in a folder of its own."""

    def __init__(self, chosen: dict[str, Kind], seed: int, folder: Path) -> None:
        self.kinds, self.seed, self.folder = chosen, seed, folder

    def case(self, number: int) -> tuple[str, bytes]:
        """The kind and the content of a case."""
        name = list(self.kinds)[number % len(self.kinds)]
        rng = random.Random(f"{self.seed} {number}")
        kind = self.kinds[name]
        return name, mutated(rng.choice(kind.seeds), rng, kind.text, kind.seeds)

    def placed(self, number: int, name: str, data: bytes) -> Path:
        """Write a file of a kind where its reader looks for it, and return its path."""
        kind, folder = self.kinds[name], self.folder / f"case-{number}"
        shutil.rmtree(folder, ignore_errors=True)
        for other, content in (*(kind.around or {}).items(), (kind.name, data)):
            (folder / other).parent.mkdir(parents=True, exist_ok=True)
            (folder / other).write_bytes(content)
        return folder / kind.name

    def outcome(self, number: int) -> tuple[str, str, str]:
        """Read a case: its kind, "read", "refused" or what is wrong, and the words."""
        name, data = self.case(number)
        return name, *self.outcome_of(number, name, data)

    def outcome_of(self, number: int, name: str, data: bytes) -> tuple[str, str]:
        """Read a file of a kind as case ``number``."""
        path = self.placed(number, name, data)
        try:
            self.kinds[name].read(path)
        except (VsodboostError, click.ClickException) as error:
            words = error.format_message() if isinstance(error, click.ClickException) else str(error)
            if "\n" in words.strip() or len(words) > LONGEST or not words.strip():
                return "words", words[:200] or "nothing is said"
            return "refused", words
        except BaseException as error:  # whatever it is, it is what is looked for
            where = traceback.extract_tb(error.__traceback__)[-1]
            return "traceback", f"{type(error).__name__}: {str(error)[:200]} ({where.filename}:{where.lineno})"
        finally:
            shutil.rmtree(self.folder / f"case-{number}", ignore_errors=True)
        return "read", ""


def works(soak: Soak, numbers: Sequence[int], memory: int, pipe: Connection) -> None:
    """In a forked worker: say when each case begins and what came of it, with the memory that it took at most."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    held = _held("VmData")
    resource.setrlimit(resource.RLIMIT_DATA, (held + memory + (1 << 30), held + memory + (1 << 30)))
    for number in numbers:
        Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
        before = _held("VmRSS")
        pipe.send(("begins", number))
        kind, what, words = soak.outcome(number)
        pipe.send(("ends", number, kind, what, words, max(0, _held("VmHWM") - before)))
    pipe.send(("done",))


def _held(what: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) * 1024
    return 0


def _processor(pid: int) -> float:
    """Seconds of processor time that a process took."""
    values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / TICK


def watched(
    soak: Soak, numbers: Sequence[int], seconds: float, memory: int
) -> Generator[tuple[int, str, str, str, int], None, None]:
    """Yield number, kind, outcome, words and memory of each case, done in workers that are started again when one ends
    or is stuck."""
    left = list(numbers)
    while left:
        ours, theirs = Pipe(duplex=False)
        child = os.fork()
        if child == 0:
            try:
                ours.close()
                works(soak, left[:200], memory, theirs)
            finally:
                os._exit(0)
        theirs.close()
        batch, trouble, status = left[:200], "", 0
        try:
            trouble = yield from _reported(ours, child, left, seconds)
        finally:
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            ours.close()
        if trouble and left and left[0] in batch:
            number = left.pop(0)
            by = f" ({signal.Signals(os.WTERMSIG(status)).name})" if trouble.startswith("it ended") and status else ""
            yield number, soak.case(number)[0], "hang" if trouble.startswith("no") else "crash", trouble + by, 0


def _reported(
    ours: Connection, child: int, left: list[int], seconds: float
) -> Generator[tuple[int, str, str, str, int], None, str]:
    """Yield the cases that a worker has done, which are taken off those ``left``; what is wrong with it at last."""
    began, processor = time.monotonic(), 0.0
    while True:
        if ours.poll(0.5):
            try:
                kind, *values = ours.recv()
            except EOFError:
                return "it ended its process"
            if kind == "done":
                return ""
            if kind == "begins":
                began, processor = time.monotonic(), _processor(child)
                continue
            left.pop(0)
            yield values[0], values[1], values[2], values[3], values[4]
        elif _processor(child) - processor > seconds or time.monotonic() - began > STUCK:
            return f"no end after {_processor(child) - processor:.0f} s of processor time"


COMMANDS = {
    "onnx": ["wrap", "clip", "--target", "onnx:{file}"], "toml": ["wrap", "clip", "--config", "{file}", "--dry-run"],
    "maps": ["wrap", "clip", "--target", "maps:maps"], "pth": ["weights", "add", "u2net", "{file}"],
    "safetensors": ["weights", "add", "u2net", "{file}"], "caffemodel": ["weights", "add", "rcrnet", "{file}"],
    "state": ["wrap", "clip", "--resume"], "json": ["merge", "out"], "run": ["report", "out"], "csv": ["report", "out"],
    "attributes": ["eval", "clip", "clip", "--attributes", "{file}"], "flow": ["wrap", "clip", "--flow", "flow:."],
}  # fmt: skip
"""What is done with a file of each kind; pictures and films are boosted."""
BOOST = ["--target", "torch:bright.py:bright", "--profile", "quick", "--motion", "camera", "--flow", "farneback",
         "--device", "cpu", "--max-frames", "3", "--size", "32x48", "--quiet", "-o", "out"]  # fmt: skip


def through_the_command(soak: Soak, number: int) -> tuple[str, str, str]:
    """Give a case to ``vsodboost`` in a folder of its own: its kind, the outcome, and the words."""
    from vsodboost.cli import main

    name, data = soak.case(number)
    path = soak.placed(number, name, data)
    folder = soak.folder / f"case-{number}"
    (folder / "clip").mkdir(exist_ok=True)
    for t, frame in enumerate(frames()[:2]):
        cv2.imwrite(str(folder / "clip" / f"{t:05d}.png"), frame)
    (folder / "bright.py").write_text("def bright(frames):\n    return frames.mean(axis=-1) / 255\n")
    os.environ["VSODBOOST_WEIGHTS"] = str(folder / "out" / "weights")
    file = str(path.relative_to(folder))
    given = [word.replace("{file}", file) for word in COMMANDS.get(name, ["wrap", file.split("/", maxsplit=1)[0]])]
    if given[0] == "wrap":
        chosen = [flag for flag, value in pairwise(BOOST) if flag.startswith("--") and flag in given]
        boost = list(BOOST)
        for flag in chosen:
            del boost[boost.index(flag) : boost.index(flag) + 2]
        given += boost
    os.chdir(folder)
    before = _tree(folder)
    with (soak.folder / "said").open("w+", encoding="utf-8", errors="replace") as said:
        code = _left(given, main, said)
        said.seek(0)
        words = said.read()
    os.chdir(soak.folder)
    astray = sorted(set(_tree(folder)) ^ set(before))
    shutil.rmtree(folder, ignore_errors=True)
    if astray:
        return name, "astray", f"{astray[:3]} after {given}"
    if code not in (0, 1, 2) or "Traceback" in words or "unexpected" in words:
        return name, "traceback", f"{code} {words[-400:]} after {given}"
    if code and not words.strip():
        return name, "words", f"exit code {code} without a word after {given}"
    return name, "refused" if code else "read", words


def _left(given: list[str], main: object, said: TextIOWrapper) -> int:
    """The exit code of the command."""
    with redirect_stdout(said), redirect_stderr(said):
        try:
            main(given)  # type: ignore[operator]
        except SystemExit as left:
            return int(left.code or 0) if isinstance(left.code, int) or left.code is None else 1
        except BaseException:
            traceback.print_exc()
            return 99
    return 0


def _tree(folder: Path) -> dict[str, int]:
    """Everything outside of ``out`` but what Python keeps of the target's module."""
    found = (p for p in folder.rglob("*") if not {"out", "__pycache__"} & set(p.relative_to(folder).parts))
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in found}


class _Commands(Soak):
    def outcome(self, number: int) -> tuple[str, str, str]:
        return through_the_command(self, number)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the soak and print what came of it; the number of findings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=0)
    parser.add_argument("--cli", type=int, default=0, help="cases through the command line")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--only", type=int)
    parser.add_argument("--kinds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=30.0, help="of processor time that a case may take")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no case after that")
    parser.add_argument("--keep", type=Path)
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)  # forked children may not use the parent's threads
    cv2.setNumThreads(1)
    found = Account()
    with tempfile.TemporaryDirectory() as folder:
        files = kinds(chosen.kinds.split(",") if chosen.kinds else None)
        if chosen.only is not None:
            soak = Soak(files, chosen.seed, Path(folder))
            name, data = soak.case(chosen.only)
            files[name].read(soak.placed(chosen.only, name, data))
            return 0
        end = time.monotonic() + 60 * chosen.minutes
        for kind, count in ((Soak, chosen.cases), (_Commands, chosen.cli)):
            soak = kind(files, chosen.seed, Path(folder))
            numbers = range(chosen.first, chosen.first + count)
            with closing(watched(soak, numbers, chosen.seconds, MEMORY)) as cases:
                for case in cases:
                    wrong = found.add(*case, allowed=MEMORY)
                    if wrong:
                        print(f"case {case[0]} {case[1]} {wrong}", flush=True)
                        if chosen.keep:
                            chosen.keep.mkdir(parents=True, exist_ok=True)
                            suffix = Path(files[case[1]].name).suffix
                            (chosen.keep / f"{case[1]}-{case[0]}{suffix}").write_bytes(soak.case(case[0])[1])
                    if time.monotonic() > end:
                        break
    for name in files:
        print(f"{name:12} {found.read[name]:6} read {found.refused[name]:6} refused in a line")
    total = found.read.total() + found.refused.total() + len(found.findings)
    print(f"{total} cases, {len(found.findings)} findings; the most memory that a case took: {found.most >> 20} MiB")
    return len(found.findings)


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
