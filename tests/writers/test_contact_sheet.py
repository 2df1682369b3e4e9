"""The contact sheet and its curves: everything asked for is on it, where it belongs."""

from __future__ import annotations

import numpy as np
import pytest

from vsodboost.writers.contact_sheet import CELL_WIDTH, EMPTY, PAPER, contact_sheet
from vsodboost.writers.curve_plot import LINES, curve_plot, frame_marks

COLOURS = [(250, 0, 0), (0, 250, 0), (0, 0, 250)]


def flat(colour: tuple[int, int, int], height: int = 90, width: int = 160) -> np.ndarray:
    """A picture of one colour."""
    return np.full((height, width, 3), colour, np.uint8)


def extent(sheet: np.ndarray, colour: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 (half-open) of the pixels of that colour."""
    rows, columns = np.nonzero((np.abs(sheet.astype(int) - colour) < 6).all(axis=2))
    assert rows.size, f"nothing of {colour} was drawn"
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def test_every_picture_is_in_its_column_and_row() -> None:
    first, second = COLOURS[:2], [COLOURS[2], (250, 0, 250)]
    sheet = contact_sheet(["a", "b"], [("00000", [flat(c) for c in first]), ("00009", [flat(c) for c in second])])
    boxes = [extent(sheet, colour) for colour in [*first, *second]]
    assert all((x1 - x0, y1 - y0) == (CELL_WIDTH, round(CELL_WIDTH * 90 / 160)) for x0, y0, x1, y1 in boxes)
    (a, b, c, d) = boxes
    assert a[0] == c[0] < b[0] == d[0] and a[1] == b[1] < c[1] == d[1]


def test_pictures_of_other_shapes_are_fitted_not_stretched() -> None:
    tall = flat(COLOURS[1], 200, 50)
    sheet = contact_sheet(["frame", "tall"], [("0", [flat(COLOURS[0]), tall])])
    x0, y0, x1, y1 = extent(sheet, COLOURS[1])
    assert (y1 - y0) / (x1 - x0) == pytest.approx(4, rel=0.1)


def test_grey_pictures_and_missing_ones() -> None:
    grey = np.full((90, 160), 200, np.uint8)
    sheet = contact_sheet(["frame", "map", "flow"], [("0", [flat(COLOURS[0]), grey, None])])
    pictures = sheet[:, extent(sheet, COLOURS[0])[2] :]
    x0, y0, x1, y1 = extent(pictures[50:], (200, 200, 200))
    assert x1 - x0 == CELL_WIDTH
    x0, y0, x1, y1 = extent(pictures[50:], EMPTY)
    assert x0 > CELL_WIDTH
    assert (x1 - x0, y1 - y0) == (CELL_WIDTH, round(CELL_WIDTH * 90 / 160))


def test_column_names_and_labels_are_written() -> None:
    pictures = [flat(COLOURS[0])]
    plain = contact_sheet([""], [("", pictures)])
    named = contact_sheet(["boosted"], [("00000\nmined", pictures)])
    x0, y0, _, _ = extent(named, COLOURS[0])
    assert (plain[: extent(plain, COLOURS[0])[1]] == PAPER).all()
    assert (named[:y0, x0:] != PAPER).any() and (named[y0:, :x0] != PAPER).any()


def test_long_labels_do_not_push_the_pictures_off() -> None:
    sheet = contact_sheet(["a"], [("x" * 500, [flat(COLOURS[0])])])
    x0, _, x1, _ = extent(sheet, COLOURS[0])
    assert x0 < 400 and x1 - x0 == CELL_WIDTH


def test_the_curves_lie_below_the_pictures() -> None:
    trust = np.linspace(0, 1, 50, dtype=np.float32)
    rows = [("0", [flat(COLOURS[0]), flat(COLOURS[0])])]
    without, sheet = contact_sheet(["a", "b"], rows), contact_sheet(["a", "b"], rows, {"trust": trust})
    assert sheet.shape[1] == without.shape[1] and sheet.shape[0] > without.shape[0] + 100
    assert extent(sheet, LINES[0])[1] > extent(sheet, COLOURS[0])[3]


@pytest.mark.parametrize(("columns", "rows"), [([], []), (["a"], []), (["a", "b"], [("0", [flat(COLOURS[0])])])])
def test_a_sheet_that_makes_no_sense_is_refused(columns: list[str], rows: list[object]) -> None:
    with pytest.raises(ValueError, match=r"contact sheet wants|pictures for 2 columns"):
        contact_sheet(columns, rows)  # type: ignore[arg-type]


def line_height(values: list[float]) -> float:
    """Where (0 bottom, 1 top, of the plot) the first curve runs, on the mean of its drawn pixels."""
    width, height = 400, 200
    plot = curve_plot({"trust": np.array(values, np.float32)}, width, height)
    body = (np.abs(plot[28:].astype(int) - LINES[0]).sum(axis=2) < 30).nonzero()[0] + 28
    top, bottom = 30, height - 26
    return float(1 - (body.mean() - top) / (bottom - top))


def test_lines_run_where_their_values_are() -> None:
    for value in (0.1, 0.5, 0.9):
        assert line_height([value] * 20) == pytest.approx(value, abs=0.03)
    assert line_height([1.7] * 20) == pytest.approx(1, abs=0.03)


def test_truths_become_ticks_where_they_hold() -> None:
    mined = np.zeros(101, np.float32)
    mined[[25, 75]] = 1
    plot = curve_plot({"mined": mined}, 634, 120)[80:]
    columns = np.unique(np.nonzero(np.abs(plot.astype(int) - LINES[0]).sum(axis=2) < 30)[1])
    middle = [34 + (632 - 34) * share for share in (0.25, 0.75)]
    assert len(columns) >= 2
    assert all(min(abs(column - at) for at in middle) <= 2 for column in columns)
    np.testing.assert_array_equal(plot, curve_plot({"mined": mined > 0}, 634, 120)[80:])


def test_gaps_single_frames_and_lone_values() -> None:
    gap = np.array([0.5, np.nan, 0.5, np.nan, np.nan, 0.9], np.float32)
    plot = curve_plot({"trust": gap}, 300, 150)
    assert (np.abs(plot[30:].astype(int) - LINES[0]).sum(axis=2) < 30).any()
    curve_plot({"trust": np.array([0.5], np.float32), "mined": np.array([True])}, 300, 150)
    curve_plot({"trust": np.full(3, np.nan, np.float32)}, 300, 150)


@pytest.mark.parametrize("curves", [{}, {"a": np.zeros(0)}, {"a": np.zeros(3), "b": np.zeros(4)}])
def test_curves_that_do_not_fit_are_refused(curves: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="one value a frame"):
        curve_plot(curves, 300, 150)


@pytest.mark.parametrize(
    ("count", "marks"), [(1, [0]), (5, [0, 1, 2, 3, 4]), (100, [0, 20, 40, 60, 80]), (90000, [*range(0, 90000, 20000)])]
)
def test_marks_are_round_numbers(count: int, marks: list[int]) -> None:
    assert frame_marks(count) == marks
