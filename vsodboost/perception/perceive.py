"""Perception of one shot: optical flow both ways, object motion, motion saliency and motion quality."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.links import Links
from vsodboost.data.rows import Rows
from vsodboost.data.types import Clip, FlowField, Frames, Maps, PerFrame
from vsodboost.ops.motion_image import lengths
from vsodboost.perception.camera import object_motion
from vsodboost.perception.links import link, unlinked
from vsodboost.registry.checks import checked_flow, checked_motion
from vsodboost.registry.guard import guarded
from vsodboost.registry.interfaces import FlowEstimator, FlowReader, MotionModel, NamedFlowEstimator

STATIC = 0.35
"""px at the working size: if the 99th percentile of the object motion is below it, nothing moves."""
STANDING = 0.2
"""px at the working size: two frames count as one if the 99.9th percentile of the whole flow between them, both ways,
is below it: noise, and an object too small to see."""


@dataclass(frozen=True)
class MotionCues(Rows):
    """Of one shot of T frames at (h, w): ``flow`` and ``motion`` float32[T,h,w,2] px (camera taken out of the second),
    ``maps`` float32[T,h,w] motion saliency, ``quality`` float32[T], ``static`` bool[T], ``links`` between
    neighbours."""

    flow: FlowField
    motion: FlowField
    maps: Maps
    quality: PerFrame
    static: NDArray[np.bool_]
    links: Links


def pair_flow(estimator: FlowEstimator, first: Frames | Clip, second: Frames | Clip, plugin: str) -> FlowField:
    """Flow ``float32[N, h, w, 2]`` px from each of ``first`` to that of ``second``, ``uint8[N, h, w, 3]``, checked.

    Clips tell an estimator that wants to know (``estimate_named``) which frames they are.

    Raises:
        PluginError: the estimator failed or returned something else.
    """
    earlier, later = (x.frames if isinstance(x, Clip) else x for x in (first, second))
    shape = (len(earlier), int(earlier.shape[1]), int(earlier.shape[2]))
    with guarded(plugin, f"on frames of size {shape[2]}x{shape[1]}", of=estimator):
        if isinstance(estimator, NamedFlowEstimator) and isinstance(first, Clip) and isinstance(second, Clip):
            flow = estimator.estimate_named(first, second)
        else:
            flow = estimator.estimate(earlier, later)
    return checked_flow(flow, shape, plugin)


def shot_flow(estimator: FlowEstimator, shot: Frames | Clip, plugin: str) -> tuple[FlowField, FlowField]:
    """Forward and backward flow of a shot, ``float32[T-1, h, w, 2]`` px each: t to t+1, and t+1 to t.

    Raises:
        PluginError: the estimator failed or returned something else.
    """
    last = len(shot)
    earlier, later = (shot.part(0, last - 1), shot.part(1, last)) if isinstance(shot, Clip) else (shot[:-1], shot[1:])
    return pair_flow(estimator, earlier, later, plugin), pair_flow(estimator, later, earlier, plugin)


def standing(forward: FlowField, backward: FlowField) -> Iterator[tuple[int, int]]:
    """Yield the half-open ranges of frames of a shot between which nothing moves, neither camera nor object, from its
    flows ``float32[T-1, h, w, 2]`` px; a frame that moves is a range of its own."""
    start = 0
    for t, pair in enumerate(zip(forward, backward, strict=True)):
        if any(_moves(flow, STANDING, 0.001) for flow in pair):
            yield start, t + 1
            start = t + 1
    yield start, len(forward) + 1


def _moves(field: NDArray[np.float32], least: float, part: float) -> bool:
    """Return whether more than ``part`` of a field's vectors are ``least`` px long; sorting for a percentile takes ten
    times as long."""
    length = lengths(field)
    return int(np.count_nonzero(length >= least)) > part * length.size


def perceive(
    estimator: FlowEstimator,
    model: MotionModel | FlowReader,
    shot: Frames | Clip,
    plugin: str,
    motion_plugin: str = "motion model",
) -> MotionCues:
    """Return all motion cues of one shot of ``uint8[T, h, w, 3]`` frames at the working size, or of a clip of them.

    A frame's object motion is the mean of what the next and the previous frame say (each without its camera motion); a
    one-frame shot has none, its map is empty and its quality 0. Frames between which nothing moves at all count as one:
    each has the motion into and out of them.

    Raises:
        PluginError: flow estimator (``plugin``) or motion model failed, or returned something else.
    """
    count, height, width = (shot.frames if isinstance(shot, Clip) else shot).shape[:3]
    flow, motion, links = _moved(estimator, shot, plugin)
    static = np.array([not _moves(field, STATIC, 0.01) for field in motion])
    reads_flow = isinstance(model, FlowReader)
    with guarded(motion_plugin, of=model):
        found = model.predict_flow(flow) if isinstance(model, FlowReader) else model.predict(motion)
    maps, quality = checked_motion(found, (count, height, width), motion_plugin)
    # A static frame's flow image is for a model that reads it to judge, but for a frame that has no flow.
    silent = static & (count == 1) if reads_flow else static
    maps[silent] = 0
    quality[silent] = 0
    return MotionCues(flow, motion, maps, quality, static, links)


def _moved(estimator: FlowEstimator, shot: Frames | Clip, plugin: str) -> tuple[FlowField, FlowField, Links]:
    """Return flow and object motion ``float32[T, h, w, 2]`` px of a shot's frames, and their links."""
    count, height, width = (shot.frames if isinstance(shot, Clip) else shot).shape[:3]
    flow = np.zeros((count, height, width, 2), np.float32)
    motion = np.zeros_like(flow)
    if count < 2:
        return flow, motion, unlinked(count, (height, width))
    forward, backward = shot_flow(estimator, shot, plugin)
    flow[:-1], flow[-1] = forward, -backward[-1]
    for start, stop in standing(forward, backward):
        around = []
        if stop < count:
            around.append(object_motion(forward[stop - 1 : stop]))
        if start > 0:
            around.append(object_motion(-backward[start - 1 : start]))
        if around:
            motion[start:stop] = np.mean(around, axis=0)
            flow[start:stop] = forward[stop - 1] if stop < count else -backward[start - 1]
    return flow, motion, link(forward, backward)
