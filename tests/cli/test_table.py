"""Tables on standard output: whole lines for programs, folded ones for people."""

from __future__ import annotations

import sys

import pytest

from vsodboost.cli.table import plain_lines, print_table

ROWS = [("onnx:FILE", "a graph [N,3,h,w]"), ("lite", "")]


def test_plain_lines_are_aligned_and_end_with_their_last_letter() -> None:
    assert plain_lines(("name", "what"), ROWS) == ["name       what", "onnx:FILE  a graph [N,3,h,w]", "lite"]
    assert plain_lines(("name", "what"), []) == ["name  what"]


def test_a_pipe_gets_a_line_a_row_however_long(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "what"), [("lite", "word " * 60)], title="targets")
    assert capsys.readouterr().out.splitlines() == ["targets", "name  what", "lite  " + ("word " * 60).rstrip()]


def test_a_terminal_gets_folded_cells_in_which_brackets_stay(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    print_table(("name", "what"), [("lite", "[bold]x " + "word " * 20)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 3 and max(map(len, lines[1:])) <= 40  # the headings carry colour codes
    assert "[bold]x" in lines[1]
