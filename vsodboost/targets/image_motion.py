"""A colour saliency model as a motion model: trained on flow images, it says where motion is salient (Li et al.,
plug-and-play, 2021, Sec. IV-C; Chen et al., LIMVSOD, 2022, Eq. 5 to 7). ``vsodboost train motion`` makes one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vsodboost.data.cards import IMAGENET_MEAN, IMAGENET_STD, TargetCard
from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.data.types import FlowField, Frames, Maps, PerFrame
from vsodboost.ops.flow_image import flow_images
from vsodboost.ops.network_input import to_input
from vsodboost.registry.interfaces import Request
from vsodboost.targets.model_output import as_maps, named_tensors

KIND = "vsodboost.motion"
"""Key of a file's metadata under which ``Feeding`` stands."""
SIDE = 352
CERTAIN = 1e-6


@dataclass(frozen=True)
class Feeding:
    """Which colour ``model`` it was, and how it is fed: ``size`` (h, w) px, ``mean`` and ``std`` of an input in [0, 1].
    Its ``output`` is "logits" or "probabilities"."""

    model: str
    size: tuple[int, int] = (SIDE, SIDE)
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD
    output: str = "logits"

    @classmethod
    def of(cls, model: str, card: TargetCard, side: int = 0) -> Feeding:
        """Return what the target's card says; ``side`` other than 0 is that of a smaller square input.

        A card without mean and deviation of its own (0 and 1) is a model that normalises by itself: ImageNet's are
        taken, for a flow image's brightest point is always 255.
        """
        size = (side, side) if side else card.input_size or (SIDE, SIDE)
        own = any(card.mean)
        mean, std = (card.mean, card.std) if own else (IMAGENET_MEAN, IMAGENET_STD)
        return cls(model, size, mean, std, "logits" if card.output == "logits" else "probabilities")

    def to_text(self) -> str:
        """Return it as JSON."""
        return json.dumps(vars(self))

    @classmethod
    def from_text(cls, text: str) -> Feeding:
        """Read what ``to_text`` gave. Raises ValueError, KeyError or TypeError for something else."""
        found = json.loads(text)
        return cls(
            str(found["model"]), (int(found["size"][0]), int(found["size"][1])), tuple(map(float, found["mean"])),
            tuple(map(float, found["std"])), str(found["output"]),
        )  # fmt: skip

    def images(self, pictures: Frames, device: str = "cpu") -> Tensor:
        """Return flow images ``uint8[N, H, W, 3]`` as the network reads them, ``float32[N, 3, h, w]``."""
        values = to_input(pictures, device, self.mean, self.std)
        squashed = F.interpolate(values, self.size, mode="bilinear", antialias=True)
        # Not channels last: there torch 2.13 aborts on the CPU in the gradient of a narrow 1x1 convolution of stride 2.
        return squashed.contiguous(memory_format=torch.contiguous_format)

    def outputs(self, given: Any, count: int) -> list[Tensor]:
        """Return every map that a network gives, side outputs and final one, as logits ``[N, 1, *size]``.

        Raises:
            WeightsError: none of what it gives is a map a frame.
        """
        named = named_tensors(given)
        maps = [m for x in named.values() if (m := as_maps(x, count, self.size)) is not None]
        if not maps:
            shapes = [tuple(x.shape) for x in named.values()]
            raise WeightsError(f"'{self.model}' gives no map of {count} flow images: {shapes}")
        if self.output != "logits":
            maps = [torch.logit(m.float().clamp(CERTAIN, 1 - CERTAIN)) for m in maps]
        return [F.interpolate(m.float(), self.size, mode="bilinear", align_corners=False) for m in maps]


class ImageMotion:
    """A colour model on flow images; its motion saliency is the mean of all its maps (Li et al., Sec. IV-C).

    Quality, of which the paper knows nothing, is how clearly the map is bright here and dark there, less for huge
    areas.
    """

    def __init__(self, network: nn.Module, feeding: Feeding, device: str = "cpu", batch: int = 4) -> None:
        self.network, self.feeding = network.eval().to(device), feeding
        self.device, self.batch = device, batch

    def predict_flow(self, flow: FlowField) -> tuple[Maps, PerFrame]:
        """Motion saliency ``float32[T, h, w]`` and its quality ``float32[T]``, both in [0, 1], of flow
        ``float32[T, h, w, 2]`` px."""
        maps = self.predict_images(flow_images(flow))
        undecided = ((maps > 0.2) & (maps < 0.8)).mean(axis=(1, 2))
        area = (maps > 0.5).mean(axis=(1, 2))
        quality = (1 - undecided) * np.clip((0.6 - area) / 0.4, 0, 1) * (area > 0)
        return maps, quality.astype(np.float32)

    def predict_images(self, pictures: Frames) -> Maps:
        """Motion saliency ``float32[T, H, W]`` in [0, 1] of flow images ``uint8[T, H, W, 3]``."""
        maps = np.zeros(pictures.shape[:3], np.float32)
        with torch.inference_mode():
            for start in range(0, len(pictures), self.batch):
                part = pictures[start : start + self.batch]
                given = self.network(self.feeding.images(part, self.device))
                said = [torch.sigmoid(m) for m in self.feeding.outputs(given, len(part))]
                mean = torch.stack(said).mean(dim=0)
                full = F.interpolate(mean, pictures.shape[1:3], mode="bilinear", align_corners=False)
                maps[start : start + self.batch] = full[:, 0].float().clamp(0, 1).cpu().numpy()
        return maps


def untrained(model: str, build: Any) -> nn.Module:
    """Return the network of the target ``model`` as it stands before any weights: by its card's weights source, or, for
    one that brings its weights along, by building it with ``build`` (a ``Request.build``).

    Raises:
        UsageError: the target is no torch network that can learn.
        UnknownPlugin, WeightsError: as ``build``.
    """
    from vsodboost.weights.catalogue import sources

    source = sources().get(model)
    if source is not None and source.build is not None:
        return source.build()
    return network_of(model, build("targets", model))


def network_of(model: str, found: Any) -> nn.Module:
    """Return the torch network inside a target that its factory made. Raises UsageError when there is none to train."""
    from vsodboost.registry.interfaces import TrainableTarget

    network = found if isinstance(found, nn.Module) else getattr(found, "network", None)
    if network is None and isinstance(found, TrainableTarget):
        network = getattr(found.twin(1.0), "network", None)
    if not isinstance(network, nn.Module) or not list(network.parameters()):
        raise UsageError(f"target '{model}' is no torch network that can learn; cpd, u2netp and lite are some")
    return network


def written(path: Path, network_state: Mapping[str, Tensor], feeding: Feeding) -> None:
    """Write a motion model, atomically: its weights, and how it is fed."""
    from safetensors.torch import save_file

    from vsodboost.io.atomic import atomic_path

    state = {k: v.detach().cpu().contiguous() for k, v in network_state.items()}
    with atomic_path(path) as temporary:
        save_file(state, temporary, metadata={"format": "pt", KIND: feeding.to_text()})


def read_feeding(path: Path) -> Feeding:
    """Return how the motion model in a file is fed.

    Raises:
        UsageError: there is no such file.
        WeightsError: it is no motion model.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise UsageError(f"--motion image:{path}: no such file; vsodboost train motion makes one")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
        return Feeding.from_text(metadata[KIND])
    except (SafetensorError, OSError, KeyError, ValueError, TypeError, IndexError):
        raise WeightsError(f"{path}: no motion model; vsodboost train motion makes one") from None


def build(request: Request) -> ImageMotion:
    """``image:FILE``: the motion model in a file that ``vsodboost train motion`` wrote. Raises as ``read_feeding`` and
    ``untrained``, and WeightsError for weights of another network."""
    from vsodboost.weights.matching import fit
    from vsodboost.weights.reading import read_checkpoint

    path = Path(request.argument).expanduser()
    feeding = read_feeding(path)
    network = untrained(feeding.model, request.build)
    network.load_state_dict(fit(read_checkpoint(path), network.state_dict(), what=f"{path} for '{feeding.model}'"))
    return ImageMotion(network, feeding, request.device)
