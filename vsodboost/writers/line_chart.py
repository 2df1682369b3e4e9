"""Curves in a unit square, as pixels and as SVG: what a paper shows of precision, recall and F-measure."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from vsodboost.writers.curve_plot import FINE, GRID, INK, LINES, PALE_INK, PAPER

Curve = tuple[NDArray[Any], NDArray[Any]]
"""x and y, ``float[N]`` in [0, 1] each."""

WIDTH, HEIGHT = 640, 480
LEFT, RIGHT, TOP, BOTTOM = 60, 16, 16, 52
FONT_SIZE = 15
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
DASHES = ((), (10, 6), (3, 5), (12, 5, 3, 5))
"""Of the first six lines, of the next six, and so on: there are six colours."""


def chart_pixels(curves: Mapping[str, Curve], across: str, up: str) -> NDArray[np.uint8]:
    """Draw the curves as ``uint8[480, 640, 3]`` RGB; ``across`` and ``up`` are the names of the axes.

    Raises:
        ValueError: no curve, or x and y of one differ in length.
    """
    _check(curves)
    image = Image.new("RGB", (WIDTH * FINE, HEIGHT * FINE), PAPER)
    draw = ImageDraw.Draw(image)
    face: Any = ImageFont.load_default(FONT_SIZE * FINE)
    for tick in TICKS:
        (x, y), far = _place(tick, tick), FINE * (WIDTH - RIGHT)
        draw.line([(FINE * LEFT, FINE * y), (far, FINE * y)], GRID, FINE)
        draw.line([(FINE * x, FINE * TOP), (FINE * x, FINE * (HEIGHT - BOTTOM))], GRID, FINE)
        draw.text((FINE * (LEFT - 8), FINE * y), f"{tick:g}", PALE_INK, face, anchor="rm")
        draw.text((FINE * x, FINE * (HEIGHT - BOTTOM + 6)), f"{tick:g}", PALE_INK, face, anchor="mt")
    for number, curve in enumerate(curves.values()):
        points = [tuple(FINE * part for part in _place(*point)) for point in zip(*curve, strict=True)]
        for part in _dashed(points, [FINE * length for length in _dashes(number)]):
            draw.line(part, LINES[number % len(LINES)], 2 * FINE, joint="curve")
    draw.text((FINE * (LEFT + WIDTH - RIGHT) / 2, FINE * (HEIGHT - 6)), across, INK, face, anchor="mb")
    label = Image.new("RGB", (int(face.getlength(up)) + 1, (FONT_SIZE + 6) * FINE), PAPER)
    ImageDraw.Draw(label).text((0, label.height / 2), up, INK, face, anchor="lm")
    label = label.rotate(90, expand=True)
    image.paste(label, (4 * FINE, FINE * (TOP + HEIGHT - BOTTOM) // 2 - label.height // 2))
    for number, name in enumerate(curves):
        y = FINE * _legend(number, len(curves))
        swatch = [(FINE * (LEFT + 12), y), (FINE * (LEFT + 40), y)]
        for part in _dashed(swatch, [FINE * length for length in _dashes(number)]):
            draw.line(part, LINES[number % len(LINES)], 2 * FINE)
        draw.text((FINE * (LEFT + 48), y), name, INK, face, anchor="lm")
    return np.asarray(image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)).copy()


def chart_svg(curves: Mapping[str, Curve], across: str, up: str) -> str:
    """The same as an SVG document of one line a curve, which drawing programs can edit; raises as ``chart_pixels``."""
    _check(curves)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
        f' font-size="{FONT_SIZE}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{_hex(PAPER)}"/>',
    ]
    for tick in TICKS:
        x, y = _place(tick, tick)
        parts += [
            f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="{_hex(GRID)}"/>',
            _text(LEFT - 8, y + 5, f"{tick:g}", PALE_INK, "end"),
            _text(x, HEIGHT - BOTTOM + 19, f"{tick:g}", PALE_INK, "middle"),
        ]
    for number, (name, curve) in enumerate(curves.items()):
        points = " ".join("{:.2f},{:.2f}".format(*_place(*point)) for point in zip(*curve, strict=True))
        style = _style(number)
        parts.append(f'<polyline points="{points}" {style}><title>{escape(name)}</title></polyline>')
        place = _legend(number, len(curves))
        parts.append(f'<path d="M{LEFT + 12} {place}h28" {style}/>')
        parts.append(_text(LEFT + 48, place + 5, name, INK, "start"))
    middle = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    parts.append(_text(middle[0], HEIGHT - 10, across, INK, "middle"))
    parts.append(f'<g transform="translate(18 {middle[1]:.1f}) rotate(-90)">{_text(0, 0, up, INK, "middle")}</g>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _check(curves: Mapping[str, Curve]) -> None:
    if not curves:
        raise ValueError("no curve to draw")
    for name, (x, y) in curves.items():
        if len(x) != len(y) or not len(x):
            raise ValueError(f"curve {name}: {len(x)} values across and {len(y)} up")


def _place(x: float, y: float) -> tuple[float, float]:
    """Of a point of the unit square, in px."""
    return LEFT + float(x) * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - float(y) * (HEIGHT - TOP - BOTTOM)


def _legend(number: int, count: int) -> int:
    """Height of a line of the legend, which stands at the lower left: where PR and F curves leave room."""
    return HEIGHT - BOTTOM - 16 - 20 * (count - 1 - number)


def _dashes(number: int) -> tuple[int, ...]:
    return DASHES[number // len(LINES) % len(DASHES)]


def _dashed(points: list[Any], dashes: list[int]) -> list[list[Any]]:
    """The pieces of a line that are drawn; the whole line where there are no dashes."""
    if not dashes:
        return [points]
    pieces, part, on, left, at = [], [points[0]], True, float(dashes[0]), 0
    for start, end in pairwise(points):
        here, length = np.array(start, float), float(np.hypot(end[0] - start[0], end[1] - start[1]))
        way = (np.array(end, float) - here) / length if length else np.zeros(2)
        while length > left:
            here, length = here + way * left, length - left
            part.append(tuple(here))
            if on:
                pieces.append(part)
            part, on, at = [tuple(here)], not on, (at + 1) % len(dashes)
            left = float(dashes[at])
        left -= length
        part.append(end)
    return [*pieces, part] if on and len(part) > 1 else pieces


def _style(number: int) -> str:
    dashes = " ".join(map(str, _dashes(number)))
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'fill="none" stroke="{_hex(LINES[number % len(LINES)])}" stroke-width="2"{dashed}'


def _text(x: float, y: float, text: str, colour: tuple[int, int, int], anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{_hex(colour)}" text-anchor="{anchor}">{escape(text)}</text>'


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
