from __future__ import annotations

from vsodboost.cli.eval_grid import Cell, Grid, as_latex, as_markdown, for_terminal

GRID = Grid(
    "maps_of|a <model>",
    ("method", "S↑", "MAE↓"),
    ((Cell("net_1 & co"), Cell("0.900", bold=True), Cell("-0.010")), (Cell("b"), Cell("0.800"), Cell("+0.020"))),
    ((Cell("95 % to"), Cell(""), Cell("0.1")),),
)


def test_markdown_is_escaped() -> None:
    assert as_markdown([GRID], ["worst: a_b"]).splitlines() == [
        r"**maps\_of\|a \<model>**",
        "",
        "| method | S↑ | MAE↓ |",
        "| :--- | ---: | ---: |",
        r"| net\_1 & co | **0.900** | -0.010 |",
        "| b | 0.800 | +0.020 |",
        "| 95 % to |  | 0.1 |",
        "",
        r"- worst: a\_b",
    ]


def test_latex_is_escaped() -> None:
    assert as_latex([GRID], ["50 % done"]).splitlines() == [
        "% maps_of|a <model>",
        r"\begin{tabular}{lrr}",
        r"\toprule",
        r"method & S $\uparrow$ & MAE $\downarrow$ \\",
        r"\midrule",
        r"net\_1 \& co & \textbf{0.900} & $-0.010$ \\",
        r"b & 0.800 & $+0.020$ \\",
        r"\midrule",
        r"95 \% to &  & 0.1 \\",
        r"\bottomrule",
        r"\end{tabular}",
        "",
        "% 50 % done",
    ]
    assert r"a\textbackslash \{\}\textasciitilde " in as_latex([Grid("", ("a\\{}~",), ())], [])


def test_on_a_terminal_bold_is_bold_and_elsewhere_a_star() -> None:
    plain, coloured = (for_terminal([GRID], ["[end]"], colour=colour) for colour in (False, True))
    assert "0.900*" in plain and "\x1b" not in plain and "[end]\n* the best of its figure" in plain
    assert "0.900*" not in coloured and "\x1b[1m0.900" in coloured and "* the best" not in coloured
