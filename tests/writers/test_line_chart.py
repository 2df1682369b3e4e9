from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from vsodboost.writers.curve_plot import LINES
from vsodboost.writers.line_chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, chart_pixels, chart_svg

LEVEL = np.array([0.0, 1.0]), np.array([0.75, 0.75])
STEEP = np.array([0.5, 0.5]), np.array([0.0, 1.0])
SVG = "{http://www.w3.org/2000/svg}"


def near(image: np.ndarray, x: float, y: float, colour: tuple[int, int, int]) -> bool:
    """Whether the colour lies at a point of the unit square, within two px."""
    column, row = LEFT + x * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y * (HEIGHT - TOP - BOTTOM)
    part = image[round(row) - 2 : round(row) + 3, round(column) - 2 : round(column) + 3].astype(int)
    return bool((np.abs(part - colour).sum(axis=2) < 40).any())


def test_lines_lie_where_their_values_are() -> None:
    image = chart_pixels({"a": LEVEL, "b": STEEP}, "recall", "precision")
    assert image.shape == (HEIGHT, WIDTH, 3) and image.dtype == np.uint8
    assert all(near(image, x, 0.75, LINES[0]) for x in (0.1, 0.3, 0.9))
    assert all(near(image, 0.5, y, LINES[1]) for y in (0.05, 0.5, 0.95))
    assert not near(image, 0.3, 0.65, LINES[0]) and not near(image, 0.7, 0.5, LINES[1])


def test_the_seventh_line_has_the_first_colour_but_is_dashed() -> None:
    curves = {str(n): (np.array([0.0, 1.0]), np.array([0.4 + n / 20] * 2)) for n in range(7)}
    image = chart_pixels(curves, "x", "y")
    drawn = [near(image, x, 0.7, LINES[0]) for x in np.linspace(0.02, 0.98, 200)]
    assert 0.3 < np.mean(drawn) < 0.95
    whole = [near(image, x, 0.4, LINES[0]) for x in np.linspace(0.02, 0.98, 200)]
    assert all(whole)


def test_svg_has_a_line_a_curve_and_escapes_names() -> None:
    root = ElementTree.fromstring(chart_svg({"a & <b>": LEVEL, "c": STEEP}, "recall", "precision"))
    lines = root.findall(f"{SVG}polyline")
    assert [line.findtext(f"{SVG}title") for line in lines] == ["a & <b>", "c"]
    first, last = (tuple(map(float, p.split(","))) for p in str(lines[0].get("points")).split())
    assert first == (LEFT, pytest.approx(TOP + (HEIGHT - TOP - BOTTOM) / 4)) and last[0] == WIDTH - RIGHT
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert {"recall", "precision", "a & <b>", "0.2", "1"} <= set(texts)


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="no curve"):
        chart_pixels({}, "x", "y")
    for x, y in ((np.zeros(2), np.zeros(3)), (np.zeros(0), np.zeros(0))):
        with pytest.raises(ValueError, match="curve a: "):
            chart_svg({"a": (x, y)}, "x", "y")
