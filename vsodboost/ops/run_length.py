"""Masks as run lengths and polygons, as COCO and YOLO have them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def run_lengths(mask: Mask) -> list[int]:
    """Return the lengths of the runs of a mask ``bool[H, W]``, column by column, the first one of background (0 where
    the mask begins with the object)."""
    flat = np.concatenate([[False], mask.ravel(order="F"), [False]])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    ends = [*changes.tolist(), mask.size] if changes.size == 0 or changes[-1] != mask.size else changes.tolist()
    return [int(length) for length in np.diff([0, *ends])]


def rle_text(lengths: list[int]) -> str:
    """Return run lengths as COCO's text: from the fourth on the difference to the last but one, five bits a character,
    a sixth says that more follow (cocoapi, ``rleToString``)."""
    text = []
    for index, length in enumerate(lengths):
        value = length - lengths[index - 2] if index > 2 else length
        more = True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != (-1 if bits & 0x10 else 0)
            text.append(chr((bits | 0x20 if more else bits) + 48))
    return "".join(text)


def polygons(mask: Mask, tolerance: float = 1.0) -> list[NDArray[np.float32]]:
    """Return the outlines of a mask's parts, ``float32[N, 2]`` x and y in px, N >= 3, at most ``tolerance`` px off.

    A hole is cut open: the outline runs to it, round it and back the same way, for formats that know no holes.
    """
    contours, tree = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    found: dict[int, NDArray[np.float32]] = {}
    for index, contour in enumerate(contours):
        simple = cv2.approxPolyDP(contour, tolerance, True)[:, 0].astype(np.float32)
        if tree[0, index, 3] < 0 and len(simple) >= 3:
            found[index] = simple
    for index, contour in enumerate(contours):
        parent = int(tree[0, index, 3])
        if parent in found:
            hole = cv2.approxPolyDP(contour, tolerance, True)[:, 0].astype(np.float32)
            if len(hole) >= 3:
                found[parent] = _with_hole(found[parent], hole)
    return list(found.values())


def _with_hole(outer: NDArray[np.float32], hole: NDArray[np.float32]) -> NDArray[np.float32]:
    """The outline ``outer`` with a way to ``hole``, where the two are nearest, round it and back."""
    apart = ((outer[:, None] - hole[None]) ** 2).sum(axis=2)
    at, to = np.unravel_index(int(apart.argmin()), apart.shape)
    round_it = np.concatenate([hole[to:], hole[: to + 1]])
    return np.concatenate([outer[: at + 1], round_it, outer[at:]])
