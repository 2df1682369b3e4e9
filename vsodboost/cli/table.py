"""Tables on standard output: folded to the width of a terminal, whole lines anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial

import click

from vsodboost.cli.streams import answer, answers

GAP = "  "


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "", err: bool = False) -> None:
    """Print ``rows``, each as long as ``columns``, under their headings and an optional ``title``; ``err``: on standard
    error.

    A terminal gets cells folded by rich. A file or a pipe gets a line a row, as grep wants it; importing rich for that
    would cost more than the rest of the command.
    """
    if (sys.stderr if err else answers()).isatty():
        _folded(columns, rows, title, err)
        return
    say = partial(click.echo, err=True) if err else answer
    if title:
        say(title)
    for line in plain_lines(columns, rows):
        say(line)


def plain_lines(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a line for the headings and one for each row, cells aligned on the left, nothing cut off."""
    table = [columns, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(columns))]
    return [GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]


def _folded(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str, err: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # Text: square brackets are no markup here
    Console(file=sys.stderr if err else answers()).print(table)
