"""What speaks for a disputed piece to belong to the object, from witnesses that no network's opinion enters.

Motion: how the piece moves beside what both maps agree on and beside what neither shows. Colour: whose colours it has.
Persistence: what both maps show there in the neighbouring frames, and of the same thing wherever flow follows it.
Shape. So the networks that made the maps cannot outvote what contradicts them by agreeing with each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.links import Links
from vsodboost.data.scene import Scene
from vsodboost.data.types import Maps
from vsodboost.decision.disputes import Dispute
from vsodboost.ops.motion_image import camera_residual_saliency, lengths, noise_level
from vsodboost.ops.overlap import soft_overlap
from vsodboost.ops.resize import resize_flow, resize_frames, resize_maps
from vsodboost.ops.tensors import halves, singles
from vsodboost.perception.links import along_tracks, smooth_along_flow, unlinked

EVIDENCE = (
    "added",
    "moves_beside_background",
    "moves_beside_core",
    "core_moves_beside_background",
    "moves_with_core",
    "motion_saliency",
    "motion_contrast",
    "like_core_in_colour",
    "shown_by_first_nearby",
    "shown_by_second_nearby",
    "area_beside_core",
    "area",
    "thickness",
    "touches_core",
    "touches_border",
    "core_area",
    "first_and_motion",
    "second_and_motion",
    "first_and_second",
    "first_only_moves",
    "second_only_moves",
    "first_is_steady",
    "second_is_steady",
    "shown_by_first_on_its_track",
    "shown_by_second_on_its_track",
    "followed",
)
"""Names of the figures, in order; "first" is the target's map, "second" the boosted one, "core" what both show."""
_BINS = 12
_FLOOR = 0.05
"""px at the coarser size: lengths of motion below are noise, and are not compared."""
COARSER = 2
"""Evidence is gathered at this fraction of the working size: it takes a quarter of the time."""


@dataclass(frozen=True)
class _Frame:
    """What is known of one frame, whatever the piece."""

    motion: NDArray[np.float32]
    """``float32[h, w, 3]``: in px along x and y, and its length."""
    witnesses: NDArray[np.float32]
    """``float32[h, w, 7]``: motion saliency; how much more often the core has its colour than the background (the
    logarithm); what both maps show nearby; what they show on its track, and in how many frames it is followed."""
    core: NDArray[np.bool_]
    core_motion: NDArray[np.float32]
    background_motion: NDArray[np.float32]
    core_length: float
    background_length: float

    @property
    def saliency(self) -> NDArray[np.float32]:
        return self.witnesses[..., 0]


class Evidence:
    """The evidence about the pieces disputed between maps ``first`` and ``second``, ``float32[T, h, w]``.

    It is looked at with half the resolution, at which the maps are kept as ``first`` and ``second``.
    """

    def __init__(self, scene: Scene, first: Maps, second: Maps) -> None:
        size = (max(1, first.shape[1] // COARSER), max(1, first.shape[2] // COARSER))
        self.first, self.second = resize_maps(first, size), resize_maps(second, size)
        first, second = self.first, self.second
        self.links = links = None if scene.links is None else _coarser(scene.links)
        self._nearby = [m if links is None else smooth_along_flow(m, links) for m in (first, second)]
        self._tracked, self._followed = along_tracks((first, second), links or unlinked(len(first), size))
        steady = [
            soft_overlap(m, np.where(self._followed > 0, t, m))
            for m, t in zip((first, second), self._tracked, strict=True)
        ]
        self._frame_colours = resize_frames(scene.frames, size)
        self._motion = resize_flow(scene.motion, size)
        self._saliency = camera_residual_saliency(self._motion)
        motion_like = [soft_overlap(m, self._saliency) for m in (first, second)]
        self._in_shot = np.zeros((len(first), 7), np.float32)
        alike = soft_overlap(first, second)
        only = [self._mean_saliency(a * (1 - b)) for a, b in ((first, second), (second, first))]
        for start, stop in scene.shots:
            for column, values in enumerate((*motion_like, alike, *only, *steady)):
                self._in_shot[start:stop, column] = np.median(values[start:stop])
        self._frames: dict[int, _Frame] = {}

    def of(self, dispute: Dispute) -> NDArray[np.float32]:
        """Return the figures of one piece, ``float32[len(EVIDENCE)]``, all of about [-1, 1]."""
        t, window, inside = dispute.frame, dispute.window, dispute.inside
        if t not in self._frames:
            self._frames[t] = self._seen(t)
        frame = self._frames[t]
        height, width = self.first.shape[1:]
        *motion, length = _medians(frame.motion[window][inside]).tolist()
        saliency, likeness, *nearby, tracked_first, tracked_second, followed = (
            frame.witnesses[window][inside].mean(axis=0).tolist()
        )
        apart = [math.dist(motion, m) for m in (frame.core_motion, frame.background_motion)]
        ring, ring_window = _ring(dispute, (height, width))
        around = ring & ~frame.core[ring_window]
        outside = float(frame.saliency[ring_window][around].mean()) if around.any() else 0.0
        core_area = float(frame.core.sum())
        y0, y1, x0, x1 = dispute.box
        padded = cv2.copyMakeBorder(inside.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
        radius = float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max())
        return np.array(
            (
                1.0 if dispute.added else -1.0,
                _ratio(length, frame.background_length),
                _ratio(length, frame.core_length) if core_area else 0.0,
                _ratio(frame.core_length, frame.background_length) if core_area else 0.0,
                _ratio(apart[1], apart[0]) if core_area else 0.0,
                saliency,
                saliency - outside,
                likeness,
                *nearby,
                float(np.log10((dispute.area + 10) / (core_area + 10))),
                float(np.log10(dispute.area / (height * width))) / 4,
                radius / np.sqrt(dispute.area),
                float(frame.core[ring_window][ring].mean()) if ring.any() else 0.0,
                float(y0 == 0 or x0 == 0 or y1 == height or x1 == width),
                float(np.sqrt(core_area / (height * width))),
                *self._in_shot[t],
                tracked_first,
                tracked_second,
                math.log10(1 + followed),
            ),
            np.float32,
        )

    def _mean_saliency(self, maps: Maps) -> NDArray[np.float32]:
        total = maps.sum(axis=(1, 2))
        shown = (maps * self._saliency).sum(axis=(1, 2))
        return np.asarray(np.where(total > 1e-4 * maps[0].size, shown / np.maximum(total, 1e-6), 0.5), np.float32)

    def _seen(self, t: int) -> _Frame:
        motion = self._motion[t]
        length = lengths(motion)
        core = (self.first[t] > 0.5) & (self.second[t] > 0.5)
        neither = (self.first[t] < 0.3) & (self.second[t] < 0.3)
        background = neither if neither.any() else ~core
        colours = _colours(self._frame_colours[t])
        likeness = np.zeros(_BINS**3, np.float32)
        core_motion, core_length = np.zeros(2, np.float32), 0.0
        if core.any():
            counts = [np.bincount(colours[where], minlength=_BINS**3) + 0.5 for where in (core, background)]
            odds = counts[0] / counts[0].sum() / (counts[1] / counts[1].sum())
            likeness = np.tanh(np.log(odds) / 3).astype(np.float32)
            core_motion = np.median(motion[core], axis=0)
            core_length = float(np.median(length[core]))
        background_length = max(float(np.median(length[background])), noise_level(motion) / 2)
        shown = (maps[t] for maps in (*self._nearby, *self._tracked, self._followed))
        return _Frame(
            np.dstack([motion, length]), np.dstack([self._saliency[t], likeness[colours], *shown]), core, core_motion,
            np.median(motion[background], axis=0), core_length, background_length,
        )  # fmt: skip


def _coarser(links: Links) -> Links:
    """Links at ``1 / COARSER`` of the size: every so many-th vector, shorter by as much."""
    rows = slice(COARSER // 2, None, COARSER)
    height, width = (n // COARSER for n in links.forward_weight.shape[1:])
    flows = [
        halves(singles(flow[:, rows, rows][:, :height, :width]) / np.float32(COARSER))
        for flow in (links.forward, links.backward)
    ]
    weights = [w[:, rows, rows][:, :height, :width] for w in (links.forward_weight, links.backward_weight)]
    return Links(flows[0], weights[0], flows[1], weights[1])


def _ratio(a: float, b: float) -> float:
    """How much larger one length in px is than another, about [-1, 1]: a factor of ten is .77."""
    return float(np.tanh(np.log((a + _FLOOR) / (b + _FLOOR)) / 2.25))


def _colours(frame: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The number of each pixel's colour, of 12 levels a channel of CIE Lab."""
    lab = cv2.cvtColor(cv2.GaussianBlur(frame, (0, 0), 1), cv2.COLOR_RGB2LAB)
    levels = cv2.LUT(lab, _levels()).astype(np.int64)
    return np.asarray((levels[..., 0] * _BINS + levels[..., 1]) * _BINS + levels[..., 2])


@cache
def _levels() -> NDArray[np.uint8]:
    """The level of each value of the three channels, ``uint8[1, 256, 3]``; a's and b's are half as wide, since
    these keep to the middle of their range."""
    lightness = np.arange(256)
    chroma = np.clip((lightness - 128) * 2 + 128, 0, 255)
    return np.asarray(np.stack([lightness, chroma, chroma], axis=-1)[None] * _BINS // 256, np.uint8)


def _medians(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The medians of columns ``float32[n, k]``: ``float32[k]``; for so few rows NumPy's own takes three times as
    long."""
    below, above = (len(values) - 1) // 2, len(values) // 2
    ordered = np.partition(values, (below, above), axis=0)
    return np.asarray((ordered[below] + ordered[above]) / 2, np.float32)


def _ring(dispute: Dispute, size: tuple[int, int]) -> tuple[NDArray[np.bool_], tuple[slice, slice]]:
    """The pixels within 2 to 6 px around a piece, the larger the farther: ``bool[h, w]`` of a larger window."""
    y0, y1, x0, x1 = dispute.box
    reach = int(np.clip((y1 - y0 + x1 - x0) / 16, 2, 6))
    top, left = max(0, y0 - reach), max(0, x0 - reach)
    bottom, right = min(size[0], y1 + reach), min(size[1], x1 + reach)
    inside = np.zeros((bottom - top, right - left), np.uint8)
    inside[y0 - top : y1 - top, x0 - left : x1 - left] = dispute.inside
    return (cv2.dilate(inside, _disc(reach)) > 0) & (inside == 0), (slice(top, bottom), slice(left, right))


@cache
def _disc(radius: int) -> NDArray[np.uint8]:
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
