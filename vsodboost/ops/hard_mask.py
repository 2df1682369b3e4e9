"""From a soft map to a mask of yes and no: threshold, specks and holes by area, the largest parts."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

THRESHOLD = 0.5
WEAK = 0.2
"""What is at least so salient and hangs on what is above the threshold is kept with it, where thin parts are asked for:
thin parts are the first to fade in a map that was made at a smaller size."""
SPECK = 1e-3
"""Share of the frame below which a part is a speck, and a gap within the object a hole to be filled."""
RELATIVE = 0.02
"""Share of the largest part below which another one is a speck."""


@dataclass(frozen=True)
class Hardening:
    """How a mask is made: ``clean`` takes specks and thin threads out and fills small holes, ``largest`` parts are kept
    (None: all), ``keep_thin`` keeps legs, tails and strings."""

    clean: bool = False
    largest: int | None = None
    keep_thin: bool = False


def hard_mask(saliency: NDArray[np.float32], how: Hardening) -> NDArray[np.bool_]:
    """Return the object as ``bool[H, W]`` from ``saliency`` ``float32[H, W]`` in [0, 1]; a map without anything above
    the threshold gives an empty mask."""
    mask = saliency >= THRESHOLD
    if how.keep_thin:
        mask = _hanging_on(saliency >= WEAK, saliency >= THRESHOLD) & (_sharp(saliency) | mask)
    if how.clean:
        if not how.keep_thin:
            mask = _opened(mask)
        mask = _without_specks(mask)
        mask = _filled(mask)
    return mask if how.largest is None else _largest(mask, how.largest)


def soft_edge(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return ``mask`` ``bool[H, W]`` as ``float32`` with an edge of about two pixels, as cutouts want it: stairs seen
    at the edge of a mask are softened, the inside stays 1 and the outside 0."""
    blurred = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.8)
    return np.asarray(np.clip((blurred - 0.1) / 0.8, 0, 1), np.float32)


def _sharp(saliency: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Ridges: pixels well above their surroundings, where a thin part runs."""
    radius = max(2.0, min(saliency.shape) / 60)
    around = cv2.GaussianBlur(saliency, (0, 0), radius)
    return np.asarray(saliency > around + 0.05)


def _hanging_on(weak: NDArray[np.bool_], strong: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The parts of ``weak`` that hold something of ``strong``."""
    count, parts = cv2.connectedComponents(weak.astype(np.uint8), connectivity=8)
    held = np.zeros(count, bool)
    held[np.unique(parts[strong])] = True
    held[0] = False
    return np.asarray(held[parts], bool)


def _opened(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask without threads of a few pixels."""
    side = 2 * max(1, round(min(mask.shape) / 300)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0)


def _without_specks(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    parts, areas = _parts(mask)
    if len(areas) < 2:
        return mask
    least = min(SPECK * mask.size, 0.5 * areas[1:].max())  # a small object is no speck where there is no larger one
    keep = areas >= max(least, RELATIVE * areas[1:].max())
    keep[0] = False
    return np.asarray(keep[parts])


def _filled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    parts, areas = _parts(~mask)
    fill = areas < SPECK * mask.size
    fill[0] = False
    return np.asarray(mask | fill[parts])


def _largest(mask: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    parts, areas = _parts(mask)
    keep = np.zeros(len(areas), bool)
    order = np.argsort(-areas[1:], kind="stable")[:count] + 1
    keep[order] = True
    return np.asarray(keep[parts])


def _parts(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Number of the connected part of each pixel (0: none), and the area of each part."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return parts, np.asarray(stats[:count, cv2.CC_STAT_AREA], np.int64)
