"""Curves over the frames of a video, drawn with Pillow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

PAPER = (255, 255, 255)
INK = (32, 36, 44)
PALE_INK = (118, 124, 136)
GRID = (226, 228, 233)
# Okabe and Ito, "Color Universal Design" (2008): told apart by colour-blind readers too.
LINES = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (230, 159, 0))
FONT_SIZE = 14
TICK_HEIGHT = 12
AXIS_WIDTH = 34
FINE = 3  # drawn that much larger and shrunk: Pillow's lines have no antialiasing of their own


def curve_plot(curves: Mapping[str, NDArray[Any]], width: int, height: int) -> NDArray[np.uint8]:
    """Draw ``curves`` as ``uint8[height, width, 3]`` RGB; the plot itself begins AXIS_WIDTH px from the left.

    ``float32[T]`` in [0, 1] becomes a line, ``bool[T]`` or whatever is named ``mined`` a row of ticks. Frames run
    from 0 to T - 1; NaN leaves a gap.

    Raises:
        ValueError: curves of different lengths, or empty ones.
    """
    lengths = {len(values) for values in curves.values()}
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(f"curves of lengths {sorted(lengths)}; all must have one value a frame")
    (count,) = lengths
    ticks = {name: np.nan_to_num(values) > 0.5 for name, values in curves.items() if _is_ticks(name, values)}
    lines = {name: np.clip(values, 0, 1) for name, values in curves.items() if name not in ticks}
    image = Image.new("RGB", (width * FINE, height * FINE), PAPER)
    draw = ImageDraw.Draw(image)
    face: Any = ImageFont.load_default(FONT_SIZE * FINE)
    x0, x1 = AXIS_WIDTH * FINE, (width - 2) * FINE
    caption_y, y0, y1 = 8 * FINE, (FONT_SIZE + 16) * FINE, (height - FONT_SIZE - 12) * FINE
    tick_row = (TICK_HEIGHT + 5) * FINE
    bottom = y1 - tick_row * len(ticks)

    def across(frame: float) -> float:
        return x0 + (x1 - x0) * (frame / (count - 1) if count > 1 else 0.5)

    def up(value: float) -> float:
        return bottom - (bottom - y0) * value

    for value in (0.0, 0.5, 1.0):
        draw.line([(x0, up(value)), (x1, up(value))], GRID, FINE)
        draw.text((x0 - 8 * FINE, up(value)), f"{value:g}", PALE_INK, face, anchor="rm")
    for frame in frame_marks(count):
        text = f"frame {frame}" if frame == 0 else str(frame)
        draw.text((across(frame), height * FINE - 4 * FINE), text, PALE_INK, face, anchor="ms" if frame else "ls")
    x = float(x0)
    for number, (name, values) in enumerate([*lines.items(), *ticks.items()]):
        colour = LINES[number % len(LINES)]
        if name in lines:
            _line(draw, [(across(frame), up(float(value))) for frame, value in enumerate(values)], colour)
        else:
            y = bottom + tick_row * (number - len(lines) + 1)
            for mark in np.flatnonzero(values):
                at = across(int(mark))
                draw.line([(at, y - TICK_HEIGHT * FINE), (at, y)], colour, 2 * FINE)
        caption = name if name in lines else f"{name} ({int(values.sum())} of {count})"
        swatch = [x, caption_y - 3 * FINE, x + 14 * FINE, caption_y + 3 * FINE]
        draw.rounded_rectangle(swatch, 3 * FINE, fill=colour)
        draw.text((x + 20 * FINE, caption_y), caption, INK, face, anchor="lm")
        x += 44 * FINE + float(face.getlength(caption))
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS)).copy()


def frame_marks(count: int) -> list[int]:
    """About eight round frame numbers from 0 to ``count`` - 1."""
    step = next(unit * 10**power for power in range(12) for unit in (1, 2, 5) if (count - 1) / (unit * 10**power) <= 8)
    return list(range(0, count, step))


def _is_ticks(name: str, values: NDArray[Any]) -> bool:
    return name == "mined" or values.dtype == np.bool_


def _line(draw: Any, points: list[tuple[float, float]], colour: tuple[int, int, int]) -> None:
    """A line through ``points``, broken where a value is NaN; a value alone between gaps becomes a dot."""
    part: list[tuple[float, float]] = []
    for point in [*points, (np.nan, np.nan)]:
        if not np.isnan(point[1]):
            part.append(point)
            continue
        if len(part) > 1:
            draw.line(part, colour, 2 * FINE, joint="curve")
        elif part:
            (x, y) = part[0]
            draw.ellipse([x - 2 * FINE, y - 2 * FINE, x + 2 * FINE, y + 2 * FINE], fill=colour)
        part = []
