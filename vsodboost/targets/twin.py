"""A target model's twin: a copy of its network that learns, while the original stays as it is (Li et al.,
plug-and-play, Sec. V-B)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vsodboost.data.cards import SpatialModelCard, TargetCard
from vsodboost.data.types import Clip, FlowField, Frames, Maps
from vsodboost.ops.resize import resize_maps
from vsodboost.spatial.student import Student

CERTAIN = 1e-4
"""Probabilities of networks that end in a sigmoid stay this far from 0 and 1, where logits are infinite."""


class Twinnable(Protocol):
    """What a twin needs of the target that it copies (``NetworkTarget``)."""

    network: nn.Module
    card: TargetCard
    device: str

    def predict(self, clip: Clip) -> Maps: ...

    def prepare(self, frames: Frames) -> Tensor: ...

    def saliency(self, frames: Tensor, flow: Tensor | None = None) -> Tensor: ...


class NetworkTwin(Student):
    """A copy of a torch image model, fed and read as the model's card says, trained as a student is.

    Frames come at the working size and are scaled to the card's input size (the paper's are 300 x 300: as many px).
    """

    def __init__(self, target: Twinnable, learning_rate: float) -> None:
        self.target = copy.copy(target)
        self.target.network = copy.deepcopy(target.network)
        summary = f"twin of: {target.card.summary}"
        super().__init__(
            self.target.network, SpatialModelCard(summary=summary, learning_rate=learning_rate), target.device
        )
        if not self.parameters():  # frozen for use, not for good
            self.network.requires_grad_(True)
        self._size = (0, 0)

    def predict(self, frames: Frames, motion: FlowField | None = None, maps: Maps | None = None) -> Maps:
        """Maps ``float32[T, h, w]`` in [0, 1] of ``uint8[T, h, w, 3]`` frames; the guidance are not looked at."""
        size = (int(frames.shape[1]), int(frames.shape[2]))
        clip = Clip(frames, tuple(str(t) for t in range(len(frames))), self.card.summary)
        return resize_maps(self.target.predict(clip), size)

    def samples(self, frames: Frames) -> list[tuple[Tensor, ...]]:
        """The normalised frames."""
        self._size = (int(frames.shape[1]), int(frames.shape[2]))
        return [(sample,) for i in range(len(frames)) for sample in self.target.prepare(frames[i : i + 1])]

    def logits(self, samples: Sequence[tuple[Tensor, ...]], guidance: Tensor | None = None) -> Tensor:
        """Differentiable logits ``[N, 1, h, w]`` at the size of the frames that ``samples`` were made of."""
        output = self.target.saliency(torch.stack([sample for (sample,) in samples]))
        if self.target.card.output == "probabilities":
            output = torch.logit(output.float().clamp(CERTAIN, 1 - CERTAIN))
        return F.interpolate(output, size=self._size, mode="bilinear", align_corners=False)

    def supervised(self, samples: Sequence[tuple[Tensor, ...]], guidance: Tensor | None = None) -> tuple[Tensor, ...]:
        """The final map alone is compared with the pseudo ground truth, whatever else the network gives."""
        return (self.logits(samples, guidance),)
