"""The student: a spatial model that is fine-tuned on mined frames, asked for maps, and put back as it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn

from vsodboost.data.cards import SpatialModelCard
from vsodboost.data.types import FlowField, Frames, Maps
from vsodboost.networks.lite import GUIDANCE_CHANNELS
from vsodboost.ops.motion_image import motion_image
from vsodboost.ops.network_input import to_input
from vsodboost.registry.checks import checked_logits
from vsodboost.registry.guard import guarded


@runtime_checkable
class FrameCache(Protocol):
    """A network part of which sees frames alone and is never tuned: it runs once a frame, not once a step."""

    def texture(self, frames: Tensor) -> Sequence[Tensor]:
        """What that part makes of normalised frames ``[N, 3, h, w]``: tensors of N rows each, without gradient."""
        ...

    def from_texture(self, texture: Sequence[Tensor], guidance: Tensor | None = None) -> Tensor:
        """Logits ``[N, 1, h, w]`` from what ``texture`` gave, and guidance channels if the card says ``guidance``."""
        ...


@runtime_checkable
class PartlyTrained(Protocol):
    """A network that says itself which of its parameters tuning changes."""

    def trained_parameters(self) -> Sequence[Sequence[nn.Parameter]]:
        """Groups of parameters."""
        ...


@runtime_checkable
class DeeplySupervised(Protocol):
    """A network with more outputs than its final map, each of which learns (CPD has two)."""

    def supervised(self, images: Tensor) -> Sequence[Tensor]:
        """Logits ``[N, 1, h, w]`` of every output, from normalised images ``[N, 3, h, w]``."""
        ...


def guidance_channels(
    size: tuple[int, int], count: int, motion: FlowField | None, maps: Maps | None, device: str = "cpu"
) -> Tensor:
    """Guidance channels ``float32[N, 4, h, w]`` from object motion [N,h,w,2] px and maps [N,h,w]; either may
    be None."""
    guidance = np.zeros((count, GUIDANCE_CHANNELS, *size), np.float32)
    if motion is not None:
        guidance[:, :3] = motion_image(motion)
    if maps is not None:
        guidance[:, 3] = maps - 0.5
    return torch.from_numpy(guidance).to(device)


class Student:
    """A spatial model with a memory of its initial weights.

    A network whose card says ``guidance`` also reads the object motion and the target's map when asked to; any other
    module (images ``[N,3,h,w]`` -> logits ``[N,1,h,w]``) sees frames alone. ``name`` is what errors call it.
    """

    def __init__(
        self,
        network: nn.Module,
        card: SpatialModelCard,
        device: str = "cpu",
        batch: int = 8,
        name: str = "spatial model",
    ) -> None:
        self.network = network.to(device).float().eval()
        self.card, self.device, self.batch, self.name = card, device, batch, name
        if device == "cpu":
            self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._initial = {k: v.detach().clone() for k, v in network.state_dict().items()}
        self.moments: dict[str, Any] | None = None
        """State of the optimiser that tuned last, where the next one is to go on with it."""

    def reset(self) -> None:
        """Go back to the initial weights, as at the start of every video."""
        self.network.load_state_dict(self._initial)
        self.network.eval()
        self.moments = None

    def state(self) -> dict[str, Tensor]:
        """Return a copy of the present weights."""
        return {k: v.detach().clone() for k, v in self.network.state_dict().items()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Put weights in that ``state`` gave."""
        self.network.load_state_dict(state)
        self.network.eval()

    def predict(self, frames: Frames, motion: FlowField | None = None, maps: Maps | None = None) -> Maps:
        """Return maps ``float32[T, h, w]`` in [0, 1] of ``uint8[T, h, w, 3]`` frames (sides multiples of 32).

        Raises:
            PluginError: the network failed or returned something else.
        """
        size = (int(frames.shape[1]), int(frames.shape[2]))
        out = np.empty(frames.shape[:3], np.float32)
        with torch.inference_mode(), guarded(self.name, "on frames"):
            for start in range(0, len(frames), self.batch):
                part = slice(start, min(start + self.batch, len(frames)))
                values = self._input(frames[part])
                if self.card.guidance:
                    guidance = guidance_channels(
                        size,
                        len(values),
                        None if motion is None else motion[part],
                        None if maps is None else maps[part],
                        self.device,
                    )
                    logits = self.network(values, guidance)
                else:
                    logits = self.network(values)
                logits = checked_logits(logits, (len(values), *size), self.name)
                out[part] = torch.sigmoid(logits.float())[:, 0].cpu().numpy()
        return out

    def parameters(self) -> list[nn.Parameter]:
        """Return what fine-tuning changes."""
        if isinstance(self.network, PartlyTrained):
            return [parameter for group in self.network.trained_parameters() for parameter in group]
        return [p for p in self.network.parameters() if p.requires_grad]

    def samples(self, frames: Frames) -> list[tuple[Tensor, ...]]:
        """Return what of each frame need not be computed again: the texture of a ``FrameCache``, the normalised image
        of others."""
        kept: list[tuple[Tensor, ...]] = []
        for start in range(0, len(frames), self.batch):
            values = self._input(frames[start : start + self.batch])
            if isinstance(self.network, FrameCache):
                kept += list(zip(*self.network.texture(values), strict=True))
            else:
                kept += [(v,) for v in values]
        return kept

    def logits(self, samples: Sequence[tuple[Tensor, ...]], guidance: Tensor | None = None) -> Tensor:
        """Return differentiable logits ``[N, 1, h, w]`` of ``samples``."""
        stacked = [torch.stack(parts) for parts in zip(*samples, strict=True)]
        if isinstance(self.network, FrameCache):
            return self.network.from_texture(stacked, guidance)
        out: Tensor = self.network(stacked[0], guidance) if self.card.guidance else self.network(stacked[0])
        return out

    def supervised(self, samples: Sequence[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """Return differentiable logits ``[N, 1, h, w]`` of every output of a ``DeeplySupervised`` network; of others,
        what ``logits`` gives."""
        if isinstance(self.network, DeeplySupervised):
            return tuple(self.network.supervised(torch.stack([sample for (sample,) in samples])))
        return (self.logits(samples),)

    def _input(self, frames: Frames) -> Tensor:
        return to_input(frames, self.device, self.card.mean, self.card.std)
