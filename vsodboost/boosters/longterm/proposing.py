"""Asking a detector about a scene, whichever kind it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vsodboost.boosters.longterm.pruning import best, staged
from vsodboost.boosters.longterm.rules import PruningRule
from vsodboost.data.errors import PluginError, VsodboostError
from vsodboost.data.scene import Scene, SceneDetector
from vsodboost.data.types import Frames, Maps, Proposals
from vsodboost.ops.boxes import areas, clipped
from vsodboost.ops.flow_image import flow_images
from vsodboost.registry.interfaces import Detector


def propose(
    detector: Detector | SceneDetector, plugin: str, scene: Scene, spatial: Maps, rule: PruningRule = "best"
) -> list[Proposals]:
    """Pruned proposals of each frame, px at the working size, best first; ``spatial`` are the spatial model's maps.

    A detector of frames sees them at the source size where the scene has them. ``rule`` "stages" also shows it the
    flow images; a detector of scenes has seen the motion anyway.

    Raises:
        PluginError: the detector failed, or returned something else.
    """
    size = (int(scene.frames.shape[1]), int(scene.frames.shape[2]))
    none = [Proposals(np.zeros((0, 4), np.float32), np.zeros(0, np.float32)) for _ in range(len(scene))]
    if isinstance(detector, SceneDetector):
        found = checked_proposals(_asked(detector.detect_scene, plugin, scene, spatial), len(scene), size, size, plugin)
        of_flow = none
    else:
        found = _on_frames(detector, plugin, scene.frames if scene.full is None else scene.full, size)
        of_flow = none
        if rule == "stages":
            of_flow = _on_frames(detector, plugin, flow_images(scene.motion), size)
    if rule == "stages":
        return [staged(frame, flow) for frame, flow in zip(found, of_flow, strict=True)]
    return [best(proposals) for proposals in found]


def _on_frames(detector: Detector, plugin: str, frames: Frames, size: tuple[int, int]) -> list[Proposals]:
    seen = (int(frames.shape[1]), int(frames.shape[2]))
    return checked_proposals(_asked(detector.detect, plugin, frames), len(frames), seen, size, plugin)


def _asked(method: Any, plugin: str, *arguments: Any) -> Any:
    try:
        return method(*arguments)
    except VsodboostError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PluginError(f"{plugin} failed: {reason}") from error


def checked_proposals(
    found: Any, count: int, seen: tuple[int, int], size: tuple[int, int], plugin: str
) -> list[Proposals]:
    """Proposals of ``count`` frames as a detector gave them for frames of ``seen`` (H, W), scaled to ``size`` (h, w).

    What lies outside the frame is cut off; boxes that are then under a px wide or high are dropped.

    Raises:
        PluginError: another number of frames, boxes that are no finite [N, 4], scores that do not match or are not in
            [0, 1].
    """
    if not isinstance(found, Sequence) or len(found) != count:
        what = len(found) if hasattr(found, "__len__") else type(found).__name__
        raise PluginError(f"{plugin} returned proposals of {what} frames; expected a sequence of {count}")
    scale = np.array([size[1] / seen[1], size[0] / seen[0]] * 2, np.float32)
    checked = []
    for n, proposals in enumerate(found):
        boxes, scores = np.asarray(proposals.boxes, np.float32), np.asarray(proposals.scores, np.float32)
        boxes = boxes.reshape(-1, 4) if boxes.size == 0 else boxes
        if boxes.ndim != 2 or boxes.shape[1] != 4 or scores.shape != (len(boxes),):
            raise PluginError(
                f"{plugin} returned boxes {boxes.shape} and scores {scores.shape} for frame {n} of the call; "
                "expected [N, 4] and [N]"
            )
        if not np.isfinite(boxes).all() or not ((scores >= 0) & (scores <= 1)).all():
            raise PluginError(
                f"{plugin} returned boxes that are not finite or scores outside [0, 1] (frame {n} of the call)"
            )
        boxes = clipped(boxes * scale, *size)
        wide = (areas(boxes) > 0) & (boxes[:, 2] - boxes[:, 0] >= 1) & (boxes[:, 3] - boxes[:, 1] >= 1)
        checked.append(Proposals(boxes[wide], scores[wide]))
    return checked
