"""Perception of one shot: optical flow both ways, object motion, motion saliency and motion quality."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import PluginError, VsodboostError
from vsodboost.data.types import Clip, FlowField, Frames, Maps, PerFrame
from vsodboost.perception.camera import object_motion
from vsodboost.perception.links import Links, link, unlinked
from vsodboost.perception.motion_model import FlowReader, MotionModel
from vsodboost.registry.checks import checked_flow
from vsodboost.registry.interfaces import FlowEstimator, NamedFlowEstimator

STILL = 0.35
"""px at the working size: if the 99th percentile of the object motion is below it, nothing moves."""


class Clues(NamedTuple):
    """Of one shot of T frames at (h, w): ``flow`` and ``motion`` float32[T,h,w,2] px (camera taken out of the second),
    ``maps`` float32[T,h,w] motion saliency, ``quality`` float32[T], ``still`` bool[T], ``links`` between neighbours."""

    flow: FlowField
    motion: FlowField
    maps: Maps
    quality: PerFrame
    still: NDArray[np.bool_]
    links: Links


def pair_flow(estimator: FlowEstimator, first: Frames | Clip, second: Frames | Clip, plugin: str) -> FlowField:
    """Flow ``float32[N, h, w, 2]`` px from each of ``first`` to that of ``second``, ``uint8[N, h, w, 3]``, checked.

    Clips tell an estimator that wants to know (``estimate_named``) which frames they are.

    Raises:
        PluginError: the estimator failed or returned something else.
    """
    sight, other = (x.frames if isinstance(x, Clip) else x for x in (first, second))
    shape = (len(sight), int(sight.shape[1]), int(sight.shape[2]))
    try:
        if isinstance(estimator, NamedFlowEstimator) and isinstance(first, Clip) and isinstance(second, Clip):
            flow = estimator.estimate_named(first, second)
        else:
            flow = estimator.estimate(sight, other)
    except VsodboostError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PluginError(f"{plugin} failed on frames of size {shape[2]}x{shape[1]}: {reason}") from error
    return checked_flow(flow, shape, plugin)


def shot_flow(estimator: FlowEstimator, shot: Frames | Clip, plugin: str) -> tuple[FlowField, FlowField]:
    """Forward and backward flow of a shot, ``float32[T-1, h, w, 2]`` px each: t to t+1, and t+1 to t.

    Raises:
        PluginError: the estimator failed or returned something else.
    """
    last = len(shot)
    earlier, later = (shot.part(0, last - 1), shot.part(1, last)) if isinstance(shot, Clip) else (shot[:-1], shot[1:])
    return pair_flow(estimator, earlier, later, plugin), pair_flow(estimator, later, earlier, plugin)


def perceive(estimator: FlowEstimator, model: MotionModel | FlowReader, shot: Frames | Clip, plugin: str) -> Clues:
    """All clues about one shot of ``uint8[T, h, w, 3]`` frames at the working size, or of a clip of them.

    A frame's object motion is the mean of what the next and the previous frame say (each without its camera motion); a
    one-frame shot has none, its map is empty and its quality 0.
    """
    count, height, width = (shot.frames if isinstance(shot, Clip) else shot).shape[:3]
    flow = np.zeros((count, height, width, 2), np.float32)
    motion = np.zeros_like(flow)
    links = unlinked(count, (height, width)) if count == 1 else None
    if links is None:
        forward, backward = shot_flow(estimator, shot, plugin)
        flow[:-1], flow[-1] = forward, -backward[-1]
        links = link(forward, backward)
        ahead, behind = object_motion(forward), object_motion(-backward)
        motion[:-1] += ahead
        motion[1:] += behind
        motion[1:-1] /= 2
    top = np.percentile(np.linalg.norm(motion, axis=-1).reshape(count, -1), 99, axis=1)
    still = top < STILL
    if isinstance(model, FlowReader):
        maps, quality = model.predict_flow(flow)
        silent = still if count == 1 else np.zeros(count, bool)  # a still frame's flow image is the model's to judge
    else:
        maps, quality = model.predict(motion)
        silent = still
    maps[silent] = 0
    quality[silent] = 0
    return Clues(flow, motion, maps, quality, still, links)
