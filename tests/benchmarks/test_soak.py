"""Mutated files through the readers: a short form of the soak, what the long one found, and that it can find."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from benchmark_scripts import script

soak = script("soak")
FILES: dict[str, Any] = soak.kinds()
SLOW = {"state": 2, "onnx": 5}
"""Kinds of which fewer are read: they run networks."""


@pytest.mark.parametrize("kind", FILES)
def test_a_mutated_file_is_read_or_refused_in_a_line(tmp_path: Path, kind: str) -> None:
    trial = soak.Soak({kind: FILES[kind]}, 3, tmp_path)
    found = [(number, *trial.outcome(number)) for number in range(SLOW.get(kind, 7))]
    assert {what for _, _, what, _ in found} <= {"read", "refused"}, found
    assert [trial.outcome_of(0, kind, seed)[0] for seed in FILES[kind].seeds if kind not in ("json", "run", "csv")] in (
        [], ["read"] * len(FILES[kind].seeds)
    )  # fmt: skip


RUN = json.loads(FILES["run"].seeds[0])
ZIP = FILES["pth"].seeds[0]
FOUND = {
    "a cell of 200,000 characters": ("csv", b"frame,mined,flag\n00000,1," + b"x" * 200_000 + b"\n"),
    "a table of attributes with one": ("attributes", b"sequence,AC\nbear," + b"1" * 200_000 + b"\n"),
    "a long name quoted": ("attributes", b"sequence,AC\n" + b"[" * 3000 + b",1,1\n"),
    "an option called so": ("toml", b"x" * 20_000 + b" = 1\n"),
    "JSON that is nested deeply": ("json", b"[" * 3000),
    "trust that is a table": ("run", b'{"video": "clip", "trust": {"a": 1}, "target_trust": 0.5}'),
    "a beginning that is text": ("run", json.dumps({**RUN, "settings": {"start": "a"}}).encode()),
    "an archive of a later version": ("pth", ZIP.replace(b"PK\x01\x02\0\0\0", b"PK\x01\x02\0\0\xff")),
}


@pytest.mark.parametrize("what", FOUND)
def test_what_it_found_is_a_line_now(tmp_path: Path, what: str) -> None:
    kind, data = FOUND[what]
    assert soak.Soak(FILES, 0, tmp_path).outcome_of(0, kind, data)[0] == ("read" if "text" in what else "refused")


def test_it_finds_what_it_looks_for(tmp_path: Path) -> None:
    def fails(path: Path) -> None:
        raise KeyError(path.name)

    def shouts(path: Path) -> None:
        raise soak.VsodboostError("two\nlines")

    for read, wanted in ((fails, "traceback"), (shouts, "words"), (Path.read_bytes, "read")):
        trial = soak.Soak({"odd": soak.Kind((b"abc",), "a/b.txt", read)}, 0, tmp_path)
        assert trial.outcome(0)[1] == wanted
    account = soak.Account()
    assert account.add(7, "gif", "read", "", 3 << 30, soak.MEMORY) == "memory: it took 3072 MiB"
    assert account.add(8, "gif", "crash", "it ended its process", 0, soak.MEMORY) and len(account.findings) == 2


def test_a_case_is_the_same_wherever_it_is_made(tmp_path: Path) -> None:
    one, other = (soak.Soak({"gif": FILES["gif"], "toml": FILES["toml"]}, 5, tmp_path / name) for name in "ab")
    assert [one.case(n) for n in range(20)] == [other.case(n) for n in range(20)]
    assert len({one.case(n)[1] for n in range(20)}) == 20
