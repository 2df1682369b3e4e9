"""The student: a spatial model that is fine-tuned on mined frames, asked for maps, and put back as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vsodboost.data.cards import SpatialModelCard
from vsodboost.data.types import FlowField, Frames, Maps
from vsodboost.networks.graph_runtime import GRAPH_BATCH, GraphRuntime, RuntimeCache, available
from vsodboost.networks.lite import GUIDANCE_CHANNELS
from vsodboost.ops.motion_image import motion_image
from vsodboost.ops.network_input import to_input
from vsodboost.registry.checks import checked_logits
from vsodboost.registry.guard import guarded
from vsodboost.spatial.batches import in_batches


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
class HasGraphs(FrameCache, Protocol):
    """A network of ours whose two halves, frames to texture and on to maps, ONNX Runtime can run."""

    graphs: tuple[str, str]


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
    return torch.from_numpy(_with_maps(_motion_guidance(size, count, motion), maps)).to(device)


def _motion_guidance(size: tuple[int, int], count: int, motion: FlowField | None) -> NDArray[np.float32]:
    guidance = np.zeros((count, GUIDANCE_CHANNELS, *size), np.float32)
    if motion is not None:
        guidance[:, :3] = motion_image(motion)
    return guidance


def _with_maps(guidance: NDArray[np.float32], maps: Maps | None) -> NDArray[np.float32]:
    """Return the guidance with other maps in it, in the same memory."""
    guidance[:, 3] = 0 if maps is None else maps - 0.5
    return guidance


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
        self.card, self.device, self.name = card, device, name
        self.batch = card.window if card.window > 1 else batch
        if device == "cpu":
            self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        runnable = device == "cpu" and isinstance(self.network, HasGraphs) and available()
        self._runtimes = RuntimeCache(self.network) if runnable else None
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

    def checkpoint(self) -> dict[str, Any]:
        """Return what tuning changed, as plain values: the weights that differ from the initial ones, and the state of
        the optimiser."""
        weights = {k: v for k, v in self.network.state_dict().items() if not torch.equal(v, self._initial[k])}
        return {"weights": weights, "moments": self.moments}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go back to what ``checkpoint`` gave."""
        self.load({**self._initial, **saved["weights"]})
        self.moments = saved["moments"]

    def predict(self, frames: Frames, motion: FlowField | None = None, maps: Maps | None = None) -> Maps:
        """Return maps ``float32[T, h, w]`` in [0, 1] of ``uint8[T, h, w, 3]`` frames (sides multiples of 32).

        Raises:
            PluginError: the network failed or returned something else.
        """
        if self.card.guidance:
            return self.predict_each(frames, motion, (maps,))[0]
        out = np.empty(frames.shape[:3], np.float32)
        with torch.inference_mode(), guarded(self.name, "on frames"):
            graphs = self._graphs()

            def answer(part: slice) -> None:
                out[part] = self._answering(frames[part], graphs)(None)

            self._in_batches(len(frames), self.batch, answer)
        return out

    def predict_each(self, frames: Frames, motion: FlowField | None, maps: Sequence[Maps | None]) -> list[Maps]:
        """Return what ``predict`` does for each of ``maps``; what depends on frames and motion alone is computed once.

        Raises:
            PluginError: as ``predict`` does.
        """
        if not self.card.guidance:
            return [self.predict(frames)] * len(maps)
        size = (int(frames.shape[1]), int(frames.shape[2]))
        out = [np.empty(frames.shape[:3], np.float32) for _ in maps]
        batch = self.batch if self._runtimes is None else min(self.batch, GRAPH_BATCH)
        with torch.inference_mode(), guarded(self.name, "on frames"):
            graphs = self._graphs()

            def answer_each(part: slice) -> None:
                answer = self._answering(frames[part], graphs)
                guidance = _motion_guidance(size, len(frames[part]), None if motion is None else motion[part])
                for made, given in zip(out, maps, strict=True):
                    made[part] = answer(_with_maps(guidance, None if given is None else given[part]))

            self._in_batches(len(frames), batch, answer_each)
        return out

    def _in_batches(self, count: int, batch: int, work: Callable[[slice], None]) -> None:
        """Call ``work`` for batches of frames; where fewer fit into memory than were to be, from now on so many."""
        found = in_batches(count, batch, work, self.name, least=max(1, self.card.window))
        if found < batch:
            self.batch = found

    def _graphs(self) -> Sequence[GraphRuntime]:
        """Return the graphs with the present weights, none where torch runs the network."""
        return [] if self._runtimes is None else self._runtimes.of_all(self.network.graphs)  # type: ignore[arg-type]

    def _answering(
        self, frames: Frames, graphs: Sequence[GraphRuntime]
    ) -> Callable[[NDArray[np.float32] | None], Maps]:
        """Return what makes maps of guidance channels ``float32[N, 4, h, w]``, or of None, for these frames."""
        values = self._input(frames)
        shape = (len(values), int(values.shape[2]), int(values.shape[3]))
        if graphs:
            first, second = graphs
            seen = first(values.contiguous().numpy())
            nothing = np.zeros((shape[0], GUIDANCE_CHANNELS, *shape[1:]), np.float32)
            return lambda guidance: second(*seen, nothing if guidance is None else guidance)[0][:, 0]
        network = self.network
        texture = network.texture(values) if isinstance(network, FrameCache) and self.card.guidance else None

        def answer(guidance: NDArray[np.float32] | None) -> Maps:
            channels = None if guidance is None else torch.from_numpy(guidance).to(self.device)
            if texture is not None and isinstance(network, FrameCache):
                logits = network.from_texture(texture, channels)
            else:
                logits = network(values) if channels is None else network(values, channels)
            logits = checked_logits(logits, shape, self.name)
            return np.asarray(torch.sigmoid(logits.float())[:, 0].cpu().numpy())

        return answer

    def parameters(self) -> list[nn.Parameter]:
        """Return what fine-tuning changes."""
        if isinstance(self.network, PartlyTrained):
            return [parameter for group in self.network.trained_parameters() for parameter in group]
        return [p for p in self.network.parameters() if p.requires_grad]

    def samples(self, frames: Frames) -> list[tuple[Tensor, ...]]:
        """Return what of each frame need not be computed again: the texture of a ``FrameCache``, the normalised image
        of others."""
        kept: list[tuple[Tensor, ...]] = []
        step = 1 if self.device == "cpu" else self.batch  # there a batch is slower, and takes its memory at once
        for start in range(0, len(frames), step):
            values = self._input(frames[start : start + step])
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
