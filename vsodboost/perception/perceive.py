"""Perception of one shot: optical flow both ways, object motion, motion saliency and motion quality."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vsodboost.checks import checked_flow
from vsodboost.errors import PluginError, VsodboostError
from vsodboost.interfaces import FlowEstimator
from vsodboost.perception.camera import object_motion
from vsodboost.perception.motion_model import FlowReader, MotionModel
from vsodboost.types import FlowField, Frames, Maps, PerFrame

STILL = 0.35
"""px at the working size: if the 99th percentile of the object motion is below it, nothing moves."""


class Clues(NamedTuple):
    """Of one shot of T frames at (h, w): ``flow`` and ``motion`` float32[T,h,w,2] px (camera taken out of the second),
    ``maps`` float32[T,h,w] motion saliency, ``quality`` float32[T], ``still`` bool[T]."""

    flow: FlowField
    motion: FlowField
    maps: Maps
    quality: PerFrame
    still: NDArray[np.bool_]


def pair_flow(estimator: FlowEstimator, first: Frames, second: Frames, plugin: str) -> FlowField:
    """Flow ``float32[N, h, w, 2]`` px from each of ``first`` to that of ``second``, ``uint8[N, h, w, 3]``, checked.

    Raises:
        PluginError: the estimator failed or returned something else.
    """
    shape = (len(first), int(first.shape[1]), int(first.shape[2]))
    try:
        flow = estimator.estimate(first, second)
    except VsodboostError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PluginError(f"{plugin} failed on frames of size {shape[2]}x{shape[1]}: {reason}") from error
    return checked_flow(flow, shape, plugin)


def shot_flow(estimator: FlowEstimator, frames: Frames, plugin: str) -> tuple[FlowField, FlowField]:
    """Forward and backward flow of a shot, ``float32[T-1, h, w, 2]`` px each: t to t+1, and t+1 to t.

    Raises:
        PluginError: the estimator failed or returned something else.
    """
    return pair_flow(estimator, frames[:-1], frames[1:], plugin), pair_flow(estimator, frames[1:], frames[:-1], plugin)


def perceive(estimator: FlowEstimator, model: MotionModel | FlowReader, frames: Frames, plugin: str) -> Clues:
    """All clues about one shot of ``uint8[T, h, w, 3]`` frames at the working size.

    A frame's object motion is the mean of what the next and the previous frame say (each without its camera motion); a
    one-frame shot has none, its map is empty and its quality 0.
    """
    count, height, width = frames.shape[:3]
    flow = np.zeros((count, height, width, 2), np.float32)
    motion = np.zeros_like(flow)
    if count > 1:
        forward, backward = shot_flow(estimator, frames, plugin)
        flow[:-1], flow[-1] = forward, -backward[-1]
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
    return Clues(flow, motion, maps, quality, still)
