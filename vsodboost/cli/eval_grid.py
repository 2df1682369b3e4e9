"""A table of text, written for the terminal, as Markdown or as LaTeX; some cells are bold."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDEST = 250
"""Columns of text a table may take; it takes what it needs, which a pipe or file has room for."""


@dataclass(frozen=True)
class Cell:
    """Text of one cell, whether it is bold, and a colour for terminals."""

    text: str
    bold: bool = False
    colour: str = ""


@dataclass(frozen=True)
class Grid:
    """A table: the first column is text, the others are numbers. ``footer`` rows stand below a line."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    footer: tuple[tuple[Cell, ...], ...] = ()


def for_terminal(grids: Sequence[Grid], lines: Sequence[str], *, colour: bool) -> str:
    """Tables and lines as text that ends with a newline; without ``colour`` there are no control characters."""
    text = io.StringIO()
    console = Console(
        file=text, width=WIDEST, force_terminal=colour, no_color=None if colour else True, highlight=False
    )
    for grid in grids:
        console.print(Text(grid.title, style="bold"))
        console.print(_rich(grid, stars=not colour))
    best = any(cell.bold for grid in grids for row in grid.rows for cell in row)
    for line in [*lines, *(["* the best of its figure"] if best and not colour else [])]:
        console.print(line, markup=False)
    return "".join(line.rstrip() + "\n" for line in text.getvalue().splitlines())


def as_markdown(grids: Sequence[Grid], lines: Sequence[str]) -> str:
    """Pipe tables under their titles, then the lines as a list."""
    parts = []
    for grid in grids:
        rows = [[_markdown(cell) for cell in row] for row in (*grid.rows, *grid.footer)]
        rule = [":---", *(["---:"] * (len(grid.head) - 1))]
        table = [f"| {' | '.join(row)} |" for row in ([_escaped_markdown(h) for h in grid.head], rule, *rows)]
        parts.append("\n".join([f"**{_escaped_markdown(grid.title)}**", "", *table]))
    if lines:
        parts.append("\n".join(f"- {_escaped_markdown(line)}" for line in lines))
    return "\n\n".join(parts) + "\n"


def as_latex(grids: Sequence[Grid], lines: Sequence[str]) -> str:
    r"""``tabular`` environments that need ``\usepackage{booktabs}``; titles and lines are comments."""
    parts = []
    for grid in grids:
        body = [f"% {_one_line(grid.title)}", rf"\begin{{tabular}}{{l{'r' * (len(grid.head) - 1)}}}", r"\toprule"]
        body += [_latex_row([_latex(head) for head in grid.head]), r"\midrule"]
        body += [_latex_row([_latex_cell(cell) for cell in row]) for row in grid.rows]
        if grid.footer:
            body += [r"\midrule", *(_latex_row([_latex_cell(cell) for cell in row]) for row in grid.footer)]
        parts.append("\n".join([*body, r"\bottomrule", r"\end{tabular}"]))
    if lines:
        parts.append("\n".join(f"% {_one_line(line)}" for line in lines))
    return "\n\n".join(parts) + "\n"


def _rich(grid: Grid, *, stars: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for place, head in enumerate(grid.head):
        table.add_column(Text(head), justify="right" if place else "left", no_wrap=True)
    for row in grid.rows:
        table.add_row(*(_rich_cell(cell, stars=stars) for cell in row))
    if grid.footer:
        table.add_section()
        for row in grid.footer:
            table.add_row(*(_rich_cell(cell, stars=False) for cell in row), style="bold")
    return table


def _rich_cell(cell: Cell, *, stars: bool) -> Text:
    """Where nothing can be bold, a star says it."""
    style = " ".join(part for part in ("bold" if cell.bold else "", cell.colour) if part)
    return Text(f"{cell.text}*" if cell.bold and stars else cell.text, style=style)


def _markdown(cell: Cell) -> str:
    text = _escaped_markdown(cell.text)
    return f"**{text}**" if cell.bold and text else text


def _escaped_markdown(text: str) -> str:
    return re.sub(r"([\\|*_`<])", r"\\\1", text)


def _latex_row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def _latex_cell(cell: Cell) -> str:
    text = _latex(cell.text)
    return rf"\textbf{{{text}}}" if cell.bold and text else text


def _latex(text: str) -> str:
    text = text.replace("\\", r"\textbackslash ")
    text = re.sub(r"([&%$#_{}])", r"\\\1", text)
    text = re.sub(r"(?<![\w.])([+-]\d+\.\d+)", r"$\1$", text)  # a minus, not a hyphen
    for plain, command in (
        ("↑", r" $\uparrow$"),
        ("↓", r" $\downarrow$"),
        ("~", r"\textasciitilde "),
        ("^", r"\textasciicircum "),
    ):
        text = text.replace(plain, command)
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split())
