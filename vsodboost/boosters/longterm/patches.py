"""The patchwise refiner (paper 000, Sec. IV-A): a saliency network looks at each salient proposal from near."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from vsodboost.boosters.longterm.crops import crop
from vsodboost.boosters.longterm.pasting import Window
from vsodboost.boosters.longterm.rules import Refiner
from vsodboost.data.scene import Scene
from vsodboost.data.types import Boxes
from vsodboost.networks.lite import CLUE_CHANNELS, LiteNetwork
from vsodboost.ops.motion_image import motion_image
from vsodboost.ops.resize import to_input

SHAPES = ((128, 128), (96, 160), (160, 96))
"""(h, w) px that patches are scaled to: the one of the nearest aspect, so that patches of a shape run together."""
BATCH = 16


def windows_of(boxes: Boxes, size: tuple[int, int], padding: float) -> list[Window]:
    """Boxes widened by ``padding`` of their width and height on every side, in whole px, cut at the frame (H, W)."""
    grown = boxes.astype(np.float64).copy()
    sides = grown[:, 2:] - grown[:, :2]
    grown[:, :2] = np.floor(grown[:, :2] - padding * sides)
    grown[:, 2:] = np.ceil(grown[:, 2:] + padding * sides)
    low = np.clip(grown[:, :2], 0, (size[1] - 1, size[0] - 1)).astype(int)
    high = np.clip(grown[:, 2:], low + 1, (size[1], size[0])).astype(int)
    return [(int(a[0]), int(a[1]), int(b[0]), int(b[1])) for a, b in zip(low, high, strict=True)]


class PatchRefiner:
    """Our patchwise refiner: the untuned ``lite`` network on crops.

    ``fusion`` shows it the crop of the frame, of the object motion and of the map that owes nothing to the target (with
    it FS came out better than with the target's own); ``spatial`` the frame's alone, as the paper's refiner sees it.
    """

    def __init__(self, network: LiteNetwork, kind: Refiner = "fusion", device: str = "cpu") -> None:
        self.network, self.kind, self.device = network.eval(), kind, device

    def refine(self, scene: Scene, frames: Sequence[int], windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        """A patch ``float32[h, w]`` in [0, 1] for each window (px at the working size) of frame ``frames[n]``."""
        out: list[NDArray[np.float32] | None] = [None] * len(windows)
        shapes = [_shape(window) for window in windows]
        images: dict[int, NDArray[np.float32]] = {}
        for shape in SHAPES:
            members = [n for n, s in enumerate(shapes) if s == shape]
            for start in range(0, len(members), BATCH):
                part = members[start : start + BATCH]
                crops = np.stack(
                    [_scaled(crop(scene, frames[n], np.array(windows[n], np.float32)), shape) for n in part]
                )
                clues = None
                if self.kind == "fusion":
                    for n in part:
                        if frames[n] not in images:
                            images[frames[n]] = motion_image(scene.motion[frames[n]][None])[0]
                    stacked = [_clues(scene, images[frames[n]], frames[n], windows[n], shape) for n in part]
                    clues = torch.from_numpy(np.stack(stacked)).to(self.device)
                with torch.inference_mode():
                    logits = self.network(to_input(crops, self.device), clues).float()
                for n, patch in zip(part, torch.sigmoid(logits)[:, 0].cpu().numpy(), strict=True):
                    out[n] = patch
        return [patch for patch in out if patch is not None]


def _clues(
    scene: Scene, image: NDArray[np.float32], frame: int, window: Window, shape: tuple[int, int]
) -> NDArray[np.float32]:
    x0, y0, x1, y1 = window
    clues = np.empty((CLUE_CHANNELS, *shape), np.float32)
    clues[:3] = _scaled(np.ascontiguousarray(image[:, y0:y1, x0:x1].transpose(1, 2, 0)), shape).transpose(2, 0, 1)
    clues[3] = _scaled(scene.target_free[frame, y0:y1, x0:x1], shape) - 0.5
    return clues


def _scaled(values: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    interpolation = cv2.INTER_AREA if values.shape[0] > shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, shape[::-1], interpolation=interpolation))


def _shape(window: Window) -> tuple[int, int]:
    ratio = np.log((window[3] - window[1]) / (window[2] - window[0]))
    return min(SHAPES, key=lambda shape: abs(ratio - np.log(shape[0] / shape[1])))
