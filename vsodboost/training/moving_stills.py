"""Video made of stills: an object that moves, before a background and beside things that look as salient but do not.

What tells the object from the others is motion alone, and the flow is estimated from the two frames, so it has an
estimator's own faults. There are far more still images with truth than videos.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from vsodboost.perception.camera import object_motion
from vsodboost.registry.interfaces import FlowEstimator
from vsodboost.training.augment import Image, random_view, share

Still = tuple[NDArray[np.uint8], NDArray[np.uint8]]
LEAST_AREA, LARGEST_AREA = 0.008, 0.4
"""Shares of the frame that the moving object may cover."""


@dataclass(frozen=True)
class MovingStill:
    """One frame of such a video: ``frame float32[h, w, 3]`` in [0, 255], ``truth float32[h, w]`` of the moving object,
    ``others float32[h, w]`` of what looks salient but moves as the camera does, and the object ``motion
    float32[h, w, 2]`` px."""

    frame: Image
    truth: Image
    others: Image
    motion: Image


def moving_still(
    stills: Sequence[Still], size: tuple[int, int], estimator: FlowEstimator, rng: Generator
) -> MovingStill | None:
    """A frame of two or three of the stills; None when the object drawn is too small or too large."""
    object_image, object_mask = _placed(stills, size, rng)
    if not LEAST_AREA < float(object_mask.mean()) < LARGEST_AREA:
        return None
    image, mask = stills[int(rng.integers(len(stills)))]
    view = random_view(image.shape, size, rng)
    scene, others = view.take(image), share(view.take(mask))
    if rng.random() < 0.5:  # a paste that does not move: the seam alone must not give the object away
        still_image, still_mask = _placed(stills, size, rng)
        scene, others = _paste(scene, still_image, still_mask), np.maximum(others, still_mask)
    camera = _motion(size, rng, shift=4.0, turn=0.01)
    own = _motion(size, rng, shift=float(rng.uniform(1, 8)), turn=0.03)
    frames = []
    for direction in (0, 1, -1):
        moved = _warped(object_image, camera @ own, direction), _warped(object_mask, camera @ own, direction)
        frames.append(_paste(_warped(scene, camera, direction), *moved))
    here, there = np.stack([frames[0]] * 2).astype(np.uint8), np.stack(frames[1:]).astype(np.uint8)
    forward, backward = object_motion(estimator.estimate(here, there))
    motion = (forward - backward) / 2 if rng.random() < 0.6 else forward
    return MovingStill(frames[0], object_mask, others * (1 - object_mask), motion)


def _placed(stills: Sequence[Still], size: tuple[int, int], rng: Generator) -> tuple[Image, Image]:
    """A still at a random place, size, turn and brightness, with its mask float32[h, w], soft at the edge."""
    image, mask = stills[int(rng.integers(len(stills)))]
    view = random_view(image.shape, size, rng, least=0.8)
    picture, shape = view.take(image), share(view.take(mask))
    height, width = size
    ys, xs = np.nonzero(shape > 0.5)
    centre = (float(xs.mean()), float(ys.mean())) if len(xs) else (width / 2, height / 2)
    matrix = cv2.getRotationMatrix2D(centre, float(rng.normal(0, 12)), float(rng.uniform(0.35, 1)))
    matrix[:, 2] += (rng.uniform(0.15, 0.85) * width - centre[0], rng.uniform(0.15, 0.85) * height - centre[1])
    picture = cv2.warpAffine(picture, matrix, (width, height)) * float(rng.uniform(0.8, 1.2))
    shape = cv2.warpAffine(shape, matrix, (width, height))
    shape = cv2.GaussianBlur(shape, (0, 0), float(rng.uniform(0.3, 1.2)))
    return np.asarray(np.clip(picture, 0, 255), np.float32), np.asarray(shape, np.float32)


def _motion(size: tuple[int, int], rng: Generator, *, shift: float, turn: float) -> NDArray[np.float64]:
    """A small affine motion about the middle of the frame, as a 3x3 matrix on pixels."""
    height, width = size
    middle = np.array([width / 2, height / 2])
    linear = np.eye(2) + rng.normal(0, turn, (2, 2))
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = middle - linear @ middle + rng.normal(0, shift, 2)
    return matrix


def _warped(values: Image, motion: NDArray[np.float64], direction: int) -> Image:
    """``values`` after the motion (1), before it (-1) or as they are (0)."""
    if direction == 0:
        return values
    matrix = motion if direction > 0 else np.linalg.inv(motion)
    height, width = values.shape[:2]
    border = cv2.BORDER_REFLECT_101 if values.ndim == 3 else cv2.BORDER_CONSTANT
    return np.asarray(cv2.warpAffine(values, matrix[:2], (width, height), borderMode=border), np.float32)


def _paste(scene: Image, picture: Image, mask: Image) -> Image:
    return np.asarray(scene + mask[..., None] * (picture - scene), np.float32)
