"""The student: a spatial model that is fine-tuned on mined frames, asked for maps, and put back as it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn

from vsodboost.data.cards import SpatialModelCard
from vsodboost.data.types import FlowField, Frames, Maps
from vsodboost.networks.lite import CLUE_CHANNELS, LiteNetwork, Texture
from vsodboost.ops.motion_image import motion_image
from vsodboost.ops.resize import to_input


@runtime_checkable
class DeeplySupervised(Protocol):
    """A network with more outputs than its final map, each of which learns (CPD has two)."""

    def supervised(self, images: Tensor) -> Sequence[Tensor]:
        """Logits ``[N, 1, h, w]`` of every output, from normalised images ``[N, 3, h, w]``."""
        ...


def clue_tensor(
    size: tuple[int, int], count: int, motion: FlowField | None, maps: Maps | None, device: str = "cpu"
) -> Tensor:
    """Clues ``float32[N, 4, h, w]`` for ``LiteNetwork`` from object motion [N,h,w,2] px and maps [N,h,w]; either may
    be None."""
    clues = np.zeros((count, CLUE_CHANNELS, *size), np.float32)
    if motion is not None:
        clues[:, :3] = motion_image(motion)
    if maps is not None:
        clues[:, 3] = maps - 0.5
    return torch.from_numpy(clues).to(device)


class Student:
    """A spatial model with a memory of its initial weights.

    A ``LiteNetwork`` also reads the object motion and the target's map when asked to; any other module
    (images ``[N,3,h,w]`` -> logits ``[N,1,h,w]``) sees frames alone.
    """

    def __init__(self, network: nn.Module, card: SpatialModelCard, device: str = "cpu", batch: int = 8) -> None:
        self.network = network.to(device).eval()
        self.card, self.device, self.batch = card, device, batch
        if device == "cpu":
            self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._initial = {k: v.detach().clone() for k, v in network.state_dict().items()}
        self.moments: dict[str, Any] | None = None
        """State of the optimiser that tuned last, where the next one is to go on with it."""

    def reset(self) -> None:
        """Back to the initial weights, as at the start of every video."""
        self.network.load_state_dict(self._initial)
        self.network.eval()
        self.moments = None

    def state(self) -> dict[str, Tensor]:
        """A copy of the present weights."""
        return {k: v.detach().clone() for k, v in self.network.state_dict().items()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Put weights in that ``state`` gave."""
        self.network.load_state_dict(state)
        self.network.eval()

    def predict(self, frames: Frames, motion: FlowField | None = None, maps: Maps | None = None) -> Maps:
        """Maps ``float32[T, h, w]`` in [0, 1] of ``uint8[T, h, w, 3]`` frames (sides multiples of 32)."""
        size = (int(frames.shape[1]), int(frames.shape[2]))
        out = np.empty(frames.shape[:3], np.float32)
        with torch.inference_mode():
            for start in range(0, len(frames), self.batch):
                part = slice(start, min(start + self.batch, len(frames)))
                values = self._input(frames[part])
                if isinstance(self.network, LiteNetwork):
                    clues = clue_tensor(
                        size,
                        len(values),
                        None if motion is None else motion[part],
                        None if maps is None else maps[part],
                        self.device,
                    )
                    logits = self.network(values, clues)
                else:
                    logits = self.network(values)
                out[part] = torch.sigmoid(logits.float())[:, 0].cpu().numpy()
        return out

    def parameters(self) -> list[nn.Parameter]:
        """What fine-tuning changes."""
        if isinstance(self.network, LiteNetwork):
            encoder, rest = self.network.trained_parameters()
            return encoder + rest
        return [p for p in self.network.parameters() if p.requires_grad]

    def samples(self, frames: Frames) -> list[tuple[Tensor, ...]]:
        """What of each frame need not be computed again: the texture of ``lite``, the normalised image of others."""
        kept: list[tuple[Tensor, ...]] = []
        for start in range(0, len(frames), self.batch):
            values = self._input(frames[start : start + self.batch])
            if isinstance(self.network, LiteNetwork):
                texture = self.network.texture(values)
                kept += list(zip(texture.fine, texture.coarse, strict=True))
            else:
                kept += [(v,) for v in values]
        return kept

    def logits(self, samples: Sequence[tuple[Tensor, ...]], clues: Tensor | None = None) -> Tensor:
        """Differentiable logits ``[N, 1, h, w]`` of ``samples``."""
        stacked = [torch.stack(parts) for parts in zip(*samples, strict=True)]
        if isinstance(self.network, LiteNetwork):
            return self.network.from_texture(Texture(*stacked), clues)
        out: Tensor = self.network(stacked[0])
        return out

    def supervised(self, samples: Sequence[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """Differentiable logits ``[N, 1, h, w]`` of every output of a ``DeeplySupervised`` network; of others, what
        ``logits`` gives."""
        if isinstance(self.network, DeeplySupervised):
            return tuple(self.network.supervised(torch.stack([sample for (sample,) in samples])))
        return (self.logits(samples),)

    def _input(self, frames: Frames) -> Tensor:
        return to_input(frames, self.device, self.card.mean, self.card.std)

    @property
    def reads_clues(self) -> bool:
        """Whether the network reads motion and maps beside the frame."""
        return isinstance(self.network, LiteNetwork)
