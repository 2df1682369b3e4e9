"""The contact sheet: what was made of a few frames, side by side, and the trust curve over the whole video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from vsodboost.writers.curve_plot import AXIS_WIDTH, curve_plot

Row = tuple[str, Sequence["NDArray[np.uint8] | None"]]

PAPER = (255, 255, 255)
INK = (32, 36, 44)
PALE_INK = (118, 124, 136)
EMPTY = (240, 241, 244)
CELL_WIDTH = 300
GAP = 10
MARGIN = 28
FONT_SIZE = 17
CURVE_HEIGHT = 190
LABEL_WIDTH_MOST = 260


def contact_sheet(
    columns: Sequence[str], rows: Sequence[Row], curve: Mapping[str, NDArray[Any]] | None = None
) -> NDArray[np.uint8]:
    """Draw a contact sheet and return it as ``uint8[h, w, 3]`` RGB.

    Args:
        columns: What is shown in each column (frame, flow image, motion map, target, boosted ...).
        rows: For each frame its label and one picture a column, ``uint8[H, W, 3]`` RGB or grey ``uint8[H, W]`` of any
            size, None where there is none (a one-frame shot has no flow). A line break in a label sets what follows
            it smaller.
        curve: Curves over the T frames of the video, drawn below: ``float32[T]`` in [0, 1] as lines (NaN: a gap),
            truths ``bool[T]``, and whatever is named ``mined``, as ticks. None or empty: no plot.

    Raises:
        ValueError: no columns or no rows, a row with another number of pictures, or curves of different lengths.
    """
    if not columns or not rows:
        raise ValueError("a contact sheet wants at least one column and one row")
    for label, pictures in rows:
        if len(pictures) != len(columns):
            raise ValueError(f"row {label!r} has {len(pictures)} pictures for {len(columns)} columns")
    cell_height = _cell_height(rows)
    label_width = min(LABEL_WIDTH_MOST, max(_label_width(label) for label, _ in rows))
    left = max(MARGIN + label_width + GAP * 2, AXIS_WIDTH)
    top = MARGIN + FONT_SIZE + GAP
    width = left + len(columns) * (CELL_WIDTH + GAP) - GAP + MARGIN
    grid_bottom = top + len(rows) * (cell_height + GAP) - GAP
    height = grid_bottom + MARGIN + (CURVE_HEIGHT + MARGIN if curve else 0)

    sheet = np.full((height, width, 3), PAPER, np.uint8)
    for number, (_, pictures) in enumerate(rows):
        y = top + number * (cell_height + GAP)
        for place, picture in enumerate(pictures):
            x = left + place * (CELL_WIDTH + GAP)
            sheet[y : y + cell_height, x : x + CELL_WIDTH] = _cell(picture, cell_height)
    image = Image.fromarray(sheet)
    draw = ImageDraw.Draw(image)
    for place, column in enumerate(columns):
        center = left + place * (CELL_WIDTH + GAP) + CELL_WIDTH // 2
        draw.text((center, MARGIN + FONT_SIZE // 2), column, INK, font(FONT_SIZE), anchor="mm")
    for number, (label, _) in enumerate(rows):
        middle = top + number * (cell_height + GAP) + cell_height // 2
        _draw_label(draw, label, MARGIN, middle)
    sheet = np.asarray(image).copy()
    if curve:
        x, y = left - AXIS_WIDTH, grid_bottom + MARGIN
        sheet[y : y + CURVE_HEIGHT, x : width - MARGIN] = curve_plot(curve, width - MARGIN - x, CURVE_HEIGHT)
    return sheet


def font(size: int) -> Any:
    """The font of all drawings: the one Pillow carries, so that a sheet looks the same everywhere."""
    return ImageFont.load_default(size)


def _cell_height(rows: Sequence[Row]) -> int:
    """Height in px of all cells: the aspect ratio of the first picture, between 2:1 upright and 4:1 lying."""
    first = next((picture for _, pictures in rows for picture in pictures if picture is not None), None)
    ratio = 9 / 16 if first is None else first.shape[0] / first.shape[1]
    return round(CELL_WIDTH * min(2.0, max(0.25, ratio)))


def _cell(picture: NDArray[np.uint8] | None, height: int) -> NDArray[np.uint8]:
    """The picture fitted into ``uint8[height, CELL_WIDTH, 3]``, never stretched."""
    cell = np.full((height, CELL_WIDTH, 3), EMPTY, np.uint8)
    if picture is None:
        return cell
    scale = min(CELL_WIDTH / picture.shape[1], height / picture.shape[0])
    size = (
        max(1, min(CELL_WIDTH, round(picture.shape[1] * scale))),
        max(1, min(height, round(picture.shape[0] * scale))),
    )
    fitted = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    if fitted.ndim == 2:
        fitted = cv2.cvtColor(fitted, cv2.COLOR_GRAY2RGB)
    y, x = (height - size[1]) // 2, (CELL_WIDTH - size[0]) // 2
    cell[y : y + size[1], x : x + size[0]] = fitted
    return cell


def _label_width(label: str) -> int:
    sizes = [FONT_SIZE] + [FONT_SIZE - 3] * label.count("\n")
    return round(float(max(font(size).getlength(line) for size, line in zip(sizes, label.split("\n"), strict=True))))


def _draw_label(draw: Any, label: str, x: int, middle: int) -> None:
    """Label of a row, first line strong, the others smaller and paler, vertically centred; too long ones are cut."""
    lines = label.split("\n")
    step = FONT_SIZE + 5
    y = middle - step * (len(lines) - 1) / 2
    for number, line in enumerate(lines):
        face = font(FONT_SIZE if number == 0 else FONT_SIZE - 3)
        shown = line
        while face.getlength(shown) > LABEL_WIDTH_MOST and len(shown) > 2:
            shown = shown[:-2] + "…"
        draw.text((x, y + number * step), shown, INK if number == 0 else PALE_INK, face, anchor="lm")
