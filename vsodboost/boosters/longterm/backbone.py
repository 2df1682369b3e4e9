"""Image networks of timm on crops: the papers' features, and the script's classifier. Their weights are the user's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vsodboost.boosters.longterm.crops import squares
from vsodboost.data.cards import IMAGENET_MEAN, IMAGENET_STD
from vsodboost.data.errors import WeightsError
from vsodboost.data.scene import Scene
from vsodboost.data.types import Boxes
from vsodboost.weights.reading import read_checkpoint

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
