"""What the untuned spatial model sees of every frame: its own map, and the features that proposals are told by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from vsodboost.data.types import Boxes, Frames, Maps
from vsodboost.networks.lite import LiteNetwork
from vsodboost.ops.box_mean import box_means
from vsodboost.ops.resize import to_input

LEVELS = (3, 4)
"""Of the encoder's features at strides 2, 4, 8, 16, 32 those that are pooled: 16 and 32."""


@dataclass(frozen=True)
class SpatialFeatures:
    """Of one scene of T frames: ``maps`` float32[T, h, w] in [0, 1] from the frames alone, ``grids`` the features
    float32[T, C, h', w'] of each level, ``mirrored`` those of the mirrored frames (turned back), empty if unwanted."""

    maps: Maps
    grids: tuple[NDArray[np.float32], ...]
    mirrored: tuple[NDArray[np.float32], ...] = ()

    def features(self, frame: int, boxes: Boxes, *, mirrored: bool = False) -> NDArray[np.float32]:
        """The levels' features averaged over each box of a frame, each level of unit length: ``float32[N, D]``."""
        size = (int(self.maps.shape[1]), int(self.maps.shape[2]))
        parts = []
        for grid in self.mirrored if mirrored else self.grids:
            pooled = box_means(grid[frame], boxes, size)
            parts.append(pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-6))
        return np.concatenate(parts, axis=1).astype(np.float32)


def look(
    network: LiteNetwork, frames: Frames, *, mirrored: bool = False, device: str = "cpu", batch: int = 8
) -> SpatialFeatures:
    """See ``uint8[T, h, w, 3]`` frames at the working size; ``mirrored`` also sees them turned left to right."""
    maps, grids = _pass(network, frames, device, batch)
    if not mirrored:
        return SpatialFeatures(maps, grids)
    _, turned = _pass(network, frames[:, :, ::-1], device, batch)
    return SpatialFeatures(maps, grids, tuple(np.ascontiguousarray(grid[..., ::-1]) for grid in turned))


def _pass(
    network: LiteNetwork, frames: Frames, device: str, batch: int
) -> tuple[Maps, tuple[NDArray[np.float32], ...]]:
    maps: list[Maps] = []
    levels: list[list[NDArray[np.float32]]] = [[] for _ in LEVELS]
    size = (int(frames.shape[1]), int(frames.shape[2]))
    with torch.inference_mode():
        for start in range(0, len(frames), batch):
            features = network.features(network.texture(to_input(frames[start : start + batch], device)))
            maps.append(torch.sigmoid(network.decode(features, size).float())[:, 0].cpu().numpy())
            for kept, level in zip(levels, LEVELS, strict=True):
                kept.append(features[level].float().cpu().numpy())
    return np.concatenate(maps), tuple(np.concatenate(parts) for parts in levels)


def pooled(sight: SpatialFeatures, boxes: Sequence[Boxes], *, mirrored: bool = False) -> NDArray[np.float32]:
    """Features ``float32[N, D]`` of all boxes of a scene, frame by frame."""
    return np.concatenate([sight.features(t, b, mirrored=mirrored) for t, b in enumerate(boxes)])
