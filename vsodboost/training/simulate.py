"""Maps such as target models make, drawn from the truth: what the fusion network learns to improve.

Nobody's saliency model is at hand for every training video, so its typical faults are imitated: soft or binary, coarse
edges, missing parts, distractors, late maps, other objects, nothing at all, and sometimes no fault.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Map = NDArray[np.float32]


def blobs(shape: tuple[int, int], rng: Generator, coverage: float) -> Map:
    """A random smooth pattern ``float32[H, W]`` in {0, 1} that covers about ``coverage`` of the frame."""
    height, width = shape
    coarse = rng.standard_normal(
        (max(3, height // int(rng.integers(16, 64))), max(3, width // int(rng.integers(16, 64))))
    )
    field = cv2.resize(coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(field > np.quantile(field, 1 - coverage), np.float32)


def _edge_fault(truth: Map, rng: Generator, largest: int | None = None) -> Map:
    size = int(rng.integers(1, 1 + (largest or max(2, min(truth.shape) // 24))))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * size + 1, 2 * size + 1))
    operation = (cv2.erode, cv2.dilate)[rng.integers(2)]
    return np.asarray(operation(truth, kernel), np.float32)


def _coarse(m: Map, rng: Generator) -> Map:
    height, width = m.shape
    factor = int(rng.integers(4, 17))
    small = cv2.resize(m, (max(2, width // factor), max(2, height // factor)), interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), 0, 1), np.float32)


def faulty_map(  # noqa: PLR0912 - a case a branch
    truth: Map, rng: Generator, *, weak: Map | None = None, other: Map | None = None, nearly_right: float = 0.06
) -> Map:
    """A simulated target map ``float32[H, W]`` in [0, 1].

    ``weak`` is a real but weak model's map of the frame, ``other`` the truth of another frame (of the same video: a
    late
    map; of another: a distractor of natural shape). A share ``nearly_right`` of the maps has small faults at edges,
    if any.
    """
    if rng.random() < nearly_right:
        m = _edge_fault(truth, rng, largest=3) if rng.random() < 0.4 else truth
        return finish(m, rng)
    kind = rng.random()
    if weak is not None and kind < 0.35:
        m = weak.copy()
    elif kind < 0.42 and other is not None:
        m = other.copy()
    elif kind < 0.46:
        m = np.zeros_like(truth)
    else:
        m = truth.copy()
    severity = rng.random()
    if severity > 0.12:  # otherwise nearly right: it must learn to leave good maps alone
        if rng.random() < 0.5:
            m = _edge_fault(m, rng)
        if rng.random() < 0.35 * (0.5 + severity):
            m = m * (1 - blobs(truth.shape, rng, float(rng.uniform(0.05, 0.5))) * rng.uniform(0.4, 1))
        if rng.random() < 0.4 * (0.5 + severity):
            m = np.maximum(m, blobs(truth.shape, rng, float(rng.uniform(0.01, 0.15))) * rng.uniform(0.3, 1))
        if other is not None and rng.random() < 0.2 * (0.5 + severity):
            m = np.maximum(m, np.roll(other, int(rng.integers(truth.shape[1])), axis=1) * rng.uniform(0.3, 1))
        if weak is not None and rng.random() < 0.2:
            m = np.asarray(m + (weak - m) * rng.uniform(0.2, 0.8), np.float32)
        if rng.random() < 0.4:
            m = _coarse(m, rng)
        if rng.random() < 0.2:
            m = m * rng.uniform(0.4, 1)
    return finish(m, rng)


def finish(m: Map, rng: Generator) -> Map:
    """Return the map soft or binary, as models' maps are."""
    if rng.random() < 0.5:
        m = cv2.GaussianBlur(m, (0, 0), float(rng.uniform(0.5, 6)))
    if rng.random() < 0.35:
        m = (m > rng.uniform(0.3, 0.6)).astype(np.float32)
    return np.asarray(np.clip(m, 0, 1), np.float32)


def synthetic_motion(truth: Map, rng: Generator) -> NDArray[np.float32]:
    """A flow such as the still's object might have caused: ``float32[H, W, 2]`` px, object moving, background noisy."""
    height, width = truth.shape
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    matrix = rng.normal(0, 0.02, (2, 2))
    shift = rng.normal(0, 3, 2)
    x, y = xs - width / 2, ys - height / 2
    moving = np.stack([matrix[0, 0] * x + matrix[0, 1] * y, matrix[1, 0] * x + matrix[1, 1] * y], axis=-1) + shift
    soft = cv2.GaussianBlur(truth, (0, 0), float(rng.uniform(1, 4)))[..., None]
    noise = rng.standard_normal((max(2, height // 32), max(2, width // 32), 2)).astype(np.float32)
    still = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC) * rng.uniform(0.02, 0.8)
    return np.asarray(soft * moving + still, np.float32)
