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
TWINS = 0.3
"""Share of the videos in which copies of the moving object stand by: no look tells them apart."""


@dataclass(frozen=True)
class MovingStill:
    """One frame of such a video: ``frame float32[h, w, 3]`` in [0, 255], ``truth float32[h, w]`` of the moving object,
    ``others float32[h, w]`` of what looks salient but moves as the camera does, and the object ``motion
    float32[h, w, 2]`` px."""

    frame: Image
    truth: Image
    others: Image
    motion: Image


@dataclass(frozen=True)
class MovingVideo:
    """Several frames of such a video: ``frames uint8[T, h, w, 3]``, ``truth`` and ``others float32[T, h, w]``."""

    frames: NDArray[np.uint8]
    truth: Image
    others: Image


def moving_video(stills: Sequence[Still], size: tuple[int, int], count: int, rng: Generator) -> MovingVideo | None:
    """``count`` frames of two or three of the stills; the object changes its way now and then, and may stand still for
    some frames. None when the object drawn is too small or too large, or leaves the frame."""
    drawn = _scene(stills, size, rng)
    if drawn is None:
        return None
    camera, own = (
        _motion(size, rng, shift=2.0, turn=0.004),
        _motion(size, rng, shift=float(rng.uniform(2, 8)), turn=0.01),
    )
    pause = int(rng.integers(count)) if rng.random() < 0.3 else count
    seen, moved = np.eye(3), np.eye(3)
    frames, truths, others = [], [], []
    for t in range(count):
        there = seen @ moved
        mask = _warped(drawn.mask, there)
        frames.append(_paste(_warped(drawn.scene, seen), _warped(drawn.image, there), mask))
        truths.append(mask)
        others.append(_warped(drawn.others, seen) * (1 - mask))
        seen = camera @ seen
        if not pause <= t < pause + 4:
            moved = own @ moved
        if rng.random() < 0.15:
            own = _motion(size, rng, shift=float(rng.uniform(1, 8)), turn=0.01)
    if min(float(mask.mean()) for mask in truths) < LEAST_AREA:
        return None
    return MovingVideo(np.stack(frames).astype(np.uint8), np.stack(truths), np.stack(others))


@dataclass(frozen=True)
class _Drawn:
    """What a video is made of: a moving object's ``image`` and ``mask``, the ``scene`` without it, and the salient
    ``others`` in it."""

    image: Image
    mask: Image
    scene: Image
    others: Image


def moving_still(
    stills: Sequence[Still], size: tuple[int, int], estimator: FlowEstimator, rng: Generator
) -> MovingStill | None:
    """A frame of two or three of the stills; None when the object drawn is too small or too large."""
    drawn = _scene(stills, size, rng)
    if drawn is None:
        return None
    camera = _motion(size, rng, shift=4.0, turn=0.01)
    own = _motion(size, rng, shift=float(rng.uniform(1, 8)), turn=0.03)
    frames = []
    for to, of in (
        (np.eye(3), np.eye(3)),
        (camera, camera @ own),
        (_inverse(camera), _inverse(camera @ own)),
    ):
        frames.append(_paste(_warped(drawn.scene, to), _warped(drawn.image, of), _warped(drawn.mask, of)))
    here, there = np.stack([frames[0]] * 2).astype(np.uint8), np.stack(frames[1:]).astype(np.uint8)
    forward, backward = object_motion(estimator.estimate(here, there))
    motion = (forward - backward) / 2 if rng.random() < 0.6 else forward
    return MovingStill(frames[0], drawn.mask, drawn.others * (1 - drawn.mask), motion)


def _scene(stills: Sequence[Still], size: tuple[int, int], rng: Generator) -> _Drawn | None:
    """Draw an object that shall move, and what it moves before; None when it is too small or too large."""
    object_image, object_mask = _placed(stills, size, rng)
    if not LEAST_AREA < float(object_mask.mean()) < LARGEST_AREA:
        return None
    image, mask = stills[int(rng.integers(len(stills)))]
    view = random_view(image.shape, size, rng)
    scene, others = view.take(image), share(view.take(mask))
    if rng.random() < 0.5:  # a paste that does not move: the seam alone must not give the object away
        still_image, still_mask = _placed(stills, size, rng)
        scene, others = _paste(scene, still_image, still_mask), np.maximum(others, still_mask)
    if rng.random() < TWINS:
        for _ in range(int(rng.integers(1, 4))):
            twin_image, twin_mask = _moved_aside(object_image, object_mask, rng)
            scene, others = _paste(scene, twin_image, twin_mask), np.maximum(others, twin_mask)
    return _Drawn(object_image, object_mask, scene, others)


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


def _moved_aside(image: Image, mask: Image, rng: Generator) -> tuple[Image, Image]:
    """A still object elsewhere in the frame, mirrored or not, at another size."""
    height, width = mask.shape
    if rng.random() < 0.5:
        image, mask = np.ascontiguousarray(image[:, ::-1]), np.ascontiguousarray(mask[:, ::-1])
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.normal(0, 6)), float(rng.uniform(0.6, 1.3)))
    matrix[:, 2] += (rng.uniform(-0.5, 0.5) * width, rng.uniform(-0.3, 0.3) * height)
    moved = [cv2.warpAffine(x, matrix, (width, height)) for x in (image, mask)]
    return np.asarray(moved[0], np.float32), np.asarray(moved[1], np.float32)


def _motion(size: tuple[int, int], rng: Generator, *, shift: float, turn: float) -> NDArray[np.float64]:
    """A small affine motion about the middle of the frame, as a 3x3 matrix on pixels."""
    height, width = size
    middle = np.array([width / 2, height / 2])
    linear = np.eye(2) + rng.normal(0, turn, (2, 2))
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = middle - linear @ middle + rng.normal(0, shift, 2)
    return matrix


def _warped(values: Image, motion: NDArray[np.float64]) -> Image:
    """``values`` after a motion given as a 3x3 matrix on pixels."""
    height, width = values.shape[:2]
    border = cv2.BORDER_REFLECT_101 if values.ndim == 3 else cv2.BORDER_CONSTANT
    return np.asarray(cv2.warpAffine(values, motion[:2], (width, height), borderMode=border), np.float32)


def _inverse(motion: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.inv(motion), np.float64)


def _paste(scene: Image, picture: Image, mask: Image) -> Image:
    return np.asarray(scene + mask[..., None] * (picture - scene), np.float32)
