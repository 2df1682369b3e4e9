"""From mined proposals to maps: patches are refined and pasted into a frame (FS of LIMVSOD, Sec. III-D)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from vsodboost.boosters.longterm.features import FeatureNetwork, crop
from vsodboost.boosters.longterm.mining import SALIENT, MinedProposals
from vsodboost.boosters.longterm.settings import LongtermSettings, PasteRule, Refiner
from vsodboost.data.cards import SpatialModelCard
from vsodboost.data.errors import UsageError
from vsodboost.data.scene import Scene
from vsodboost.data.types import Boxes, Maps
from vsodboost.networks.lite import GUIDANCE_CHANNELS
from vsodboost.ops.boxes import non_maximum_suppression
from vsodboost.ops.motion_image import motion_image
from vsodboost.ops.network_input import to_input

LEVEL = 0.3
LEAST_SHARE = 0.1
MARGIN = 5
SOFTNESS = 1.5


def mined_part(values: NDArray[np.float32], windows: Sequence[Window]) -> NDArray[np.float32]:
    """A map ``float32[h, w]`` in [0, 1] without the components that no salient proposal lies on.

    A component of the pixels over ``LEVEL`` stays, edges and all, where it fills a tenth of one of the ``windows``;
    without windows nothing stays.
    """
    count, labels = cv2.connectedComponents((values > LEVEL).astype(np.uint8))
    kept = np.zeros(count, bool)
    for x0, y0, x1, y1 in windows:
        inside = np.asarray(labels)[y0:y1, x0:x1]
        kept |= np.bincount(inside.ravel(), minlength=count) >= LEAST_SHARE * inside.size
    kept[0] = False
    mask = cv2.dilate(kept[labels].astype(np.float32), np.ones((MARGIN, MARGIN), np.uint8))
    return np.asarray(values * cv2.GaussianBlur(mask, (0, 0), SOFTNESS), np.float32)


Window = tuple[int, int, int, int]
"""x0, y0, x1, y1 in whole px, half-open, inside the frame and not empty."""


def stretched(patch: NDArray[np.float32]) -> NDArray[np.float32]:
    """Z of Eq. 19: the patch ``float32[h, w]`` min-max normalised to [0, 1]; a constant one says nothing and is 0."""
    low, high = float(patch.min()), float(patch.max())
    if high - low < 1e-6:
        return np.zeros_like(patch)
    return np.asarray((patch - low) / (high - low), np.float32)


def pasted(
    patches: Sequence[NDArray[np.float32]],
    windows: Sequence[Window],
    size: tuple[int, int],
    rule: PasteRule = "max",
) -> NDArray[np.float32]:
    """FS of one frame, ``float32[H, W]`` in [0, 1] of ``size``, zero where no patch lies.

    ``patches`` are ``float32[h, w]`` in [0, 1] of any size; each is scaled to its window. ``max`` is Eq. 19; ``mean``
    averages where patches overlap (Table II's AVE); ``add`` is the script's, adding up to at most 1 and stretching the
    frame to [0, 1] after every patch.
    """
    frame = np.zeros(size, np.float32)
    count = np.zeros(size, np.float32)
    for patch, (x0, y0, x1, y1) in zip(patches, windows, strict=True):
        fitted = cv2.resize(patch, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
        region = frame[y0:y1, x0:x1]
        if rule == "max":
            np.maximum(region, fitted, out=region)
        else:
            region += fitted
            count[y0:y1, x0:x1] += 1
        if rule == "add":
            frame = stretched(np.minimum(frame, 1))
    if rule == "mean":
        frame /= np.maximum(count, 1)
    return np.clip(frame, 0, 1, out=frame)


SHAPES = ((128, 128), (96, 160), (160, 96))
"""(h, w) px that patches are scaled to: the one of the nearest aspect, so that patches of a shape run together."""
BATCH = 16
SIDE = 352
"""px of a patch for a spatial model that names no size of its own."""


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

    def __init__(self, network: FeatureNetwork, kind: Refiner = "fusion", device: str = "cpu") -> None:
        self.network, self.kind, self.device = network, kind, device

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
                guidance = None
                if self.kind == "fusion":
                    for n in part:
                        if frames[n] not in images:
                            images[frames[n]] = motion_image(scene.motion[frames[n]][None])[0]
                    stacked = [_guidance(scene, images[frames[n]], frames[n], windows[n], shape) for n in part]
                    guidance = torch.from_numpy(np.stack(stacked)).to(self.device)
                with torch.inference_mode():
                    logits = self.network(to_input(crops, self.device), guidance).float()
                for n, patch in zip(part, torch.sigmoid(logits)[:, 0].cpu().numpy(), strict=True):
                    out[n] = patch
        return [patch for patch in out if patch is not None]


class ModelRefiner:
    """A spatial model as the patchwise refiner: it sees each patch alone, as the paper's CPD does."""

    def __init__(self, network: nn.Module, card: SpatialModelCard, device: str = "cpu") -> None:
        if card.channels != 3 or card.guidance:
            raise UsageError(
                f"refiner-model: '{card.summary}' reads more than a patch; cpd-patches and cpd see it alone"
            )
        self.network, self.card, self.device = network.eval().to(device), card, device

    def refine(self, scene: Scene, frames: Sequence[int], windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        """A patch ``float32[h, w]`` in [0, 1] for each window (px at the working size) of frame ``frames[n]``."""
        side, out = int(getattr(self.network, "side", 0) or SIDE), []
        for frame, window in zip(frames, windows, strict=True):
            patch = _scaled(crop(scene, frame, np.array(window, np.float32)), (side, side))
            with torch.inference_mode():
                logits = self.network(to_input(patch[None], self.device, self.card.mean, self.card.std)).float()
            out.append(torch.sigmoid(logits)[0, 0].cpu().numpy())
        return out


def _guidance(
    scene: Scene, image: NDArray[np.float32], frame: int, window: Window, shape: tuple[int, int]
) -> NDArray[np.float32]:
    x0, y0, x1, y1 = window
    guidance = np.empty((GUIDANCE_CHANNELS, *shape), np.float32)
    guidance[:3] = _scaled(np.ascontiguousarray(image[:, y0:y1, x0:x1].transpose(1, 2, 0)), shape).transpose(2, 0, 1)
    guidance[3] = _scaled(scene.target_free[frame, y0:y1, x0:x1], shape) - 0.5
    return guidance


def _scaled(values: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    interpolation = cv2.INTER_AREA if values.shape[0] > shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, shape[::-1], interpolation=interpolation))


def _shape(window: Window) -> tuple[int, int]:
    ratio = np.log((window[3] - window[1]) / (window[2] - window[0]))
    return min(SHAPES, key=lambda shape: abs(ratio - np.log(shape[0] / shape[1])))


DOUBLES = 0.7


def frame_saliency(
    known: MinedProposals,
    scene: Scene,
    refiner: PatchRefiner | ModelRefiner,
    settings: LongtermSettings,
    frames: NDArray[np.int64],
) -> Maps:
    """FS ``float32[T, h, w]`` in [0, 1] of the scene: its salient proposals refined and pasted.

    ``frames`` int64[T] are the frames' places in the video. A frame without a salient proposal has an empty map.
    """
    size = (int(scene.frames.shape[1]), int(scene.frames.shape[2]))
    where: list[int] = []
    windows: list[Window] = []
    for t, frame in enumerate(frames):
        found = windows_of(known.pool.boxes[salient_rows(known, int(frame), settings.patches)], size, settings.padding)
        windows += found
        where += [t] * len(found)
    patches = refiner.refine(scene, where, windows)
    if settings.stretch == "on":
        patches = [stretched(patch) for patch in patches]
    maps = np.zeros((len(frames), *size), np.float32)
    for t in sorted(set(where)):
        members = [n for n, place in enumerate(where) if place == t]
        maps[t] = pasted([patches[n] for n in members], [windows[n] for n in members], size, settings.paste)
    return maps


def salient_rows(known: MinedProposals, frame: int, most: int) -> NDArray[np.int64]:
    """Proposals of a frame that were mined as salient; with ``most`` > 0 at most so many, the likeliest, no doubles."""
    rows = known.pool.rows(frame, 1)
    rows = np.asarray(rows[known.labels.label[rows] == SALIENT])
    if most == 0 or len(rows) == 0:
        return rows
    kept = non_maximum_suppression(known.pool.boxes[rows], known.labels.probability[rows], DOUBLES, most)
    return np.asarray(rows[kept])
