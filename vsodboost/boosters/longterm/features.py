"""What a proposal looks like: features of the untuned spatial model, or of an ImageNet network on its crop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vsodboost.data.cards import IMAGENET_MEAN, IMAGENET_STD
from vsodboost.data.errors import WeightsError
from vsodboost.data.scene import Scene
from vsodboost.data.types import Boxes, Frames, Maps
from vsodboost.ops.box_mean import box_means
from vsodboost.ops.network_input import to_input
from vsodboost.weights.reading import read_checkpoint

QUALITY = 95


def crop(scene: Scene, frame: int, box: NDArray[np.float32]) -> NDArray[np.uint8]:
    """What a box (px at the working size) shows of a frame, ``uint8[h, w, 3]`` RGB, from the source where it is there;
    whole px, at least one."""
    source = scene.frames if scene.full is None else scene.full
    across, down = source.shape[2] / scene.frames.shape[2], source.shape[1] / scene.frames.shape[1]
    x0 = min(max(int(np.floor(box[0] * across)), 0), source.shape[2] - 1)
    y0 = min(max(int(np.floor(box[1] * down)), 0), source.shape[1] - 1)
    x1 = max(min(int(np.ceil(box[2] * across)), source.shape[2]), x0 + 1)
    y1 = max(min(int(np.ceil(box[3] * down)), source.shape[1]), y0 + 1)
    return np.asarray(source[frame, y0:y1, x0:x1])


def encoded(picture: NDArray[np.uint8], largest: int) -> bytes:
    """A crop ``uint8[h, w, 3]`` RGB as JPEG, no side over ``largest`` px: kilobytes to keep for the whole video."""
    shrink = min(1.0, largest / max(picture.shape[:2]))
    if shrink < 1:
        size = (max(1, round(picture.shape[1] * shrink)), max(1, round(picture.shape[0] * shrink)))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    done, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert done
    return bytes(data)


def decoded(data: bytes, side: int) -> NDArray[np.uint8]:
    """What ``encoded`` gave, as ``uint8[side, side, 3]`` RGB."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    picture = cv2.resize(picture, (side, side), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def squares(scene: Scene, frame: int, boxes: Boxes, side: int) -> NDArray[np.uint8]:
    """The crops of a frame's boxes, each stretched to ``uint8[N, side, side, 3]``."""
    pictures = [cv2.resize(crop(scene, frame, box), (side, side), interpolation=cv2.INTER_LINEAR) for box in boxes]
    return np.stack(pictures).astype(np.uint8) if pictures else np.zeros((0, side, side, 3), np.uint8)


SIDES = {"resnet18": 224, "tf_efficientnet_b7": 300}
"""Networks that can tell proposals apart (by timm's names), and the px a crop is stretched to."""
LAST_LAYERS = ("fc.", "classifier.", "head.")


def imagenet_network(name: str, file: Path, classes: int = 0) -> nn.Module:
    """A timm network with the ImageNet weights in ``file``, its last layer left out or, with ``classes``, new.

    Raises:
        WeightsError: the file cannot be read or belongs to another network.
    """
    from vsodboost.networks.torchvision_import import ensure_torchvision

    ensure_torchvision()
    import timm

    network: nn.Module = timm.create_model(name, pretrained=False, num_classes=classes)
    given = {k: v for k, v in read_checkpoint(file).items() if not k.startswith(LAST_LAYERS)}
    wanted = {k for k in network.state_dict() if not k.startswith(LAST_LAYERS)}
    counters = {k for k in wanted if k.endswith("num_batches_tracked")}
    if set(given) - counters != wanted - counters:
        raise WeightsError(f"{file}: these are no weights of timm's {name}; {_difference(set(given), wanted)}")
    try:
        network.load_state_dict(given, strict=False)
    except RuntimeError as error:
        raise WeightsError(f"{file}: these are no weights of timm's {name} ({str(error).splitlines()[-1]})") from error
    return network.eval()


def _difference(given: set[str], wanted: set[str]) -> str:
    missing, foreign = sorted(wanted - given), sorted(given - wanted)
    return f"'{missing[0]}' is missing" if missing else f"'{foreign[0]}' is not in it"


class CropFeatures:
    """Features of crops: the network's last feature map, averaged."""

    def __init__(self, name: str, file: Path, device: str = "cpu", batch: int = 16) -> None:
        self.network = imagenet_network(name, file).to(device)
        self.side, self.device, self.batch = SIDES[name], device, batch

    def features(self, scene: Scene, frame: int, boxes: Boxes, *, mirrored: bool = False) -> NDArray[np.float32]:
        """Features ``float32[N, D]`` of a frame's boxes, of the mirrored crops if ``mirrored``."""
        pictures = squares(scene, frame, boxes, self.side)
        parts = []
        with torch.inference_mode():
            for start in range(0, max(len(pictures), 1), self.batch):
                values = image_tensor(pictures[start : start + self.batch], self.device)
                mean, std = values.new_tensor(IMAGENET_MEAN), values.new_tensor(IMAGENET_STD)
                values = (values - mean[:, None, None]) / std[:, None, None]
                parts.append(self.network(values.flip(-1) if mirrored else values).float().cpu().numpy())
        return np.concatenate(parts)


def image_tensor(pictures: NDArray[np.uint8], device: str) -> Tensor:
    """``uint8[N, h, w, 3]`` as ``float32[N, 3, h, w]`` in [0, 1]."""
    tensor: Any = torch.from_numpy(np.ascontiguousarray(pictures)).to(device)
    values: Tensor = tensor.permute(0, 3, 1, 2).float() / 255
    return values


LEVELS = (3, 4)
"""Of the encoder's features at strides 2, 4, 8, 16, 32 those that are pooled: 16 and 32."""


@runtime_checkable
class FeatureNetwork(Protocol):
    """A spatial model that also says what it sees: ``networks.lite.LiteNetwork`` is one."""

    def texture(self, frames: Tensor) -> Any:
        """What depends on normalised frames ``[N, 3, h, w]`` alone."""
        ...

    def features(self, texture: Any, guidance: Tensor | None = None) -> Sequence[Tensor]:
        """Features ``[N, C, h', w']`` at strides 2, 4, 8, 16 and 32 of what ``texture`` gave."""
        ...

    def decode(self, features: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        """Logits ``[N, 1, *size]`` from the features."""
        ...

    def __call__(self, frames: Tensor, guidance: Tensor | None = None) -> Tensor:
        """Logits ``[N, 1, h, w]`` of frames and guidance channels."""
        ...


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
    network: FeatureNetwork, frames: Frames, *, mirrored: bool = False, device: str = "cpu", batch: int = 8
) -> SpatialFeatures:
    """See ``uint8[T, h, w, 3]`` frames at the working size; ``mirrored`` also sees them turned left to right."""
    maps, grids = _pass(network, frames, device, batch)
    if not mirrored:
        return SpatialFeatures(maps, grids)
    _, turned = _pass(network, frames[:, :, ::-1], device, batch)
    return SpatialFeatures(maps, grids, tuple(np.ascontiguousarray(grid[..., ::-1]) for grid in turned))


def _pass(
    network: FeatureNetwork, frames: Frames, device: str, batch: int
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


def pooled(seen: SpatialFeatures, boxes: Sequence[Boxes], *, mirrored: bool = False) -> NDArray[np.float32]:
    """Features ``float32[N, D]`` of all boxes of a scene, frame by frame."""
    return np.concatenate([seen.features(t, b, mirrored=mirrored) for t, b in enumerate(boxes)])
