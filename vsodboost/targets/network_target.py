"""Running a target model by its card: windows, batches, sizes, normalisation and the way back to maps."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import PluginError
from vsodboost.data.types import Clip, Frames, Maps
from vsodboost.data.video import UnreadableSource
from vsodboost.ops.flow_image import flow_images
from vsodboost.ops.resize import resize_maps
from vsodboost.registry.checked_arrays import as_array
from vsodboost.registry.checks import checked_maps
from vsodboost.registry.guard import guarded, is_own
from vsodboost.registry.interfaces import CheckingTarget, PartialTarget, Request, Target
from vsodboost.registry.world import foreign_world
from vsodboost.targets.model_output import final_map
from vsodboost.targets.value_range import BYTES, Scale, meaning

if TYPE_CHECKING:
    from torch import Tensor, nn

    from vsodboost.data.video import VideoSource
    from vsodboost.spatial.student import Student

Layout = Literal["batch", "clip", "list"]
OVERSHOOT = 0.5
"""How far probabilities may lie outside [0, 1], as cubic enlargement leaves them; logits lie farther."""


def notes_of(target: Target) -> list[str]:
    """Return what a target has to tell the user of how it is run and of the video it saw last: its attribute
    ``notes``, if it has one."""
    return [str(note) for note in getattr(target, "notes", ())]


class NetworkTarget:
    """A torch network as a target, fed and read as its card says.

    ``layout`` is how frames reach the network: ``batch`` [N,3,h,w], ``clip`` [1,T,3,h,w], ``list`` T tensors
    [1,3,h,w]. A card with ``needs_flow`` adds a second argument, the flow image, normalised alike (a frame without flow
    has a white one: no motion). ``select`` picks the final map [N,1,h,w] from the output (default: ``final_map``, by
    names and sizes). ``forward(network, frames, flow_images)`` replaces the call of a network that is fed otherwise.
    """

    notes: list[str]
    """What the user should know of how this target is run, a line each."""

    def __init__(
        self,
        network: nn.Module,
        card: TargetCard,
        request: Request,
        *,
        select: Callable[[Any], Tensor] | None = None,
        layout: Layout = "batch",
        forward: Callable[[nn.Module, Tensor, Tensor | None], Tensor] | None = None,
    ) -> None:
        self.network = network.eval().to(request.device)
        self.card = card
        self.device = request.device
        self._select = select
        self._layout = layout
        self._forward = forward
        self.notes = []

    def predict(self, clip: Clip) -> Maps:
        """Maps ``float32[T, h, w]`` in [0, 1] at the network's output size."""
        import torch

        step = self.card.batch if self.card.window == 1 else len(clip)
        with torch.inference_mode():
            parts = [self._call(clip.part(i, min(i + step, len(clip)))) for i in range(0, len(clip), step)]
        maps = np.concatenate(parts)
        if self.card.minmax:
            low, high = maps.min((1, 2), keepdims=True), maps.max((1, 2), keepdims=True)
            maps = (maps - low) / (high - low + 1e-8)
        slight = maps.min() >= -OVERSHOOT and maps.max() <= 1 + OVERSHOOT  # more, or NaN, is for the check to refuse
        return np.clip(maps, 0, 1, out=maps) if slight else maps

    def _call(self, clip: Clip) -> Maps:
        import torch

        frames = self.prepare(clip.frames)
        flow = None
        if self.card.needs_flow:
            images = np.full_like(clip.frames, 255) if clip.flow is None else flow_images(clip.flow)
            flow = self.prepare(images)
        with nullcontext() if is_own(self.network) else foreign_world():
            output = self.saliency(frames, flow).float()
        return np.asarray((torch.sigmoid(output) if self.card.output == "logits" else output)[:, 0].cpu().numpy())

    def saliency(self, frames: Tensor, flow: Tensor | None = None) -> Tensor:
        """The final map ``[N, 1, h, w]``, logits or probabilities by the card, of normalised frames ``[N, 3, h,
        w]``."""
        found = self._output(frames, flow)
        output: Tensor = self._select(found) if self._select else _final_map(found, frames)
        if output.ndim == 3:
            output = output[:, None]
        if output.ndim != 4 or output.shape[1] != 1:
            raise ValueError(f"the network returned {tuple(output.shape)}; expected [N, 1, h, w]")
        return output

    def _output(self, frames: Tensor, flow: Tensor | None) -> Any:
        if self._forward is not None:
            return self._forward(self.network, frames, flow)
        arguments: list[Any] = [frames] if flow is None else [frames, flow]
        if self._layout == "clip":
            arguments = [a[None] for a in arguments]
        elif self._layout == "list":
            arguments = [list(a.split(1)) for a in arguments]
        output = self.network(*arguments)
        if self._layout == "list" and isinstance(output, (list, tuple)) and len(output) == len(frames):
            import torch

            return torch.cat([_final_map(o, frames[:1]) for o in output])
        return output

    def twin(self, learning_rate: float | None = None) -> Student | None:
        """A copy that can be fine-tuned, at the card's rate if none is given; None for video models or without rate."""
        from vsodboost.targets.twin import NetworkTwin

        rate = learning_rate or self.card.learning_rate
        if rate is None or self.card.window > 1 or self.card.needs_flow:
            return None
        return NetworkTwin(self, rate)

    def prepare(self, frames: Frames) -> Tensor:
        """Frames ``uint8[N, H, W, 3]`` as the network wants them: ``float32[N, 3, h, w]`` by the card."""
        from vsodboost.ops.tensors import as_tensor

        size = self.card.input_size or (frames.shape[1], frames.shape[2])
        resized = np.stack([_resized(f, size, self.card.resize) for f in frames])
        values = as_tensor(resized).to(self.device).permute(0, 3, 1, 2).float() / 255
        mean, std = values.new_tensor(self.card.mean), values.new_tensor(self.card.std)
        return (values - mean[:, None, None]) / std[:, None, None]


def _final_map(output: Any, frames: Tensor) -> Any:
    return final_map(output, len(frames), (int(frames.shape[-2]), int(frames.shape[-1])))


class CallableTarget:
    """A function ``frames uint8[T, H, W, 3] -> maps [T, h, w]`` as a target, in [0, 1] or, throughout, in 0..255."""

    def __init__(self, function: Callable[[Frames], Any]) -> None:
        self.function = function
        self.notes: list[str] = []
        self._scale: Scale | None = None

    def checkpoint(self) -> dict[str, Any]:
        """Return the scale that was settled, and what was noted."""
        return {"scale": None if self._scale is None else vars(self._scale), "notes": list(self.notes)}

    def restore(self, saved: dict[str, Any]) -> None:
        """Remember what ``checkpoint`` gave."""
        self._scale = None if saved["scale"] is None else Scale(**saved["scale"])
        self.notes = list(saved["notes"])

    def predict(self, clip: Clip) -> Maps:
        """What the function returns, 0..255 divided by 255; it is checked like any plugin's.

        The first maps that are not black settle the scale. Later ones that contradict it are returned as they are,
        and so refused by the check.
        """
        with foreign_world():
            maps: Any = self.function(clip.frames.copy())  # theirs to write into
        if not (hasattr(maps, "detach") or isinstance(maps, (np.ndarray, list, tuple))):
            return maps  # type: ignore[no-any-return]
        try:
            array = as_array(maps)
            if self._scale is None and array.dtype.kind in "fiu" and array.size and np.isfinite(array).all():
                found = meaning(array)
                self._scale = found if isinstance(found, Scale) else None
        except ValueError:  # of unequal sizes, or of an unclear scale: the check says what is wrong
            return maps  # type: ignore[no-any-return]
        if self._scale != BYTES or not BYTES.holds(float(array.min()), float(array.max())):
            return maps  # type: ignore[no-any-return]
        if not self.notes:
            self.notes.append("its maps, whose values go beyond 1, are read as 0..255")
        return np.asarray(BYTES.unit(array.astype(np.float32)).clip(0, 1))


def _resized(frame: Frames, size: tuple[int, int], how: str) -> Frames:
    if frame.shape[:2] == tuple(size):
        return frame
    if how == "pil":  # antialiased when shrinking; published maps depend on it
        from PIL import Image

        return np.asarray(Image.fromarray(frame).resize(size[::-1], Image.Resampling.BILINEAR))
    return np.asarray(cv2.resize(frame, size[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def windows(count: int, window: int, stride: int) -> list[tuple[int, int]]:
    """Half-open windows that cover ``count`` frames; the last is aligned to the end. Needs count >= window >= 1."""
    starts = list(range(0, count - window + 1, stride))
    if starts[-1] + window < count:
        starts.append(count - window)
    return [(s, s + window) for s in starts]


def run_target(target: Target, card: TargetCard, clip: Clip, plugin: str) -> Maps:
    """A target's maps of one shot, ``float32[T, H, W]`` in [0, 1] at the source size.

    Windows follow the card and never leave the shot; a shot shorter than a window is padded with its last frame.

    Raises:
        PluginError: the plugin failed or returned something its contract forbids.
        InputError: a map cannot be read (maps:DIR).
    """
    if card.window == 1:
        return resize_maps(_predict(target, clip, plugin), clip.size)
    count = len(clip)
    if count < card.window:
        last = np.minimum(np.arange(card.window), count - 1)
        clip = replace(
            clip,
            frames=clip.frames[last],
            names=tuple(clip.names[i] for i in last),
            flow=None if clip.flow is None else clip.flow[last],
        )
    total: Maps | None = None
    seen = np.zeros(len(clip), np.float32)
    for start, stop in windows(len(clip), card.window, card.stride or card.window):
        maps = _predict(target, clip.part(start, stop), plugin)
        if total is None:
            total = np.zeros((len(clip), *maps.shape[1:]), np.float32)
        if maps.shape[1:] != total.shape[1:]:
            raise PluginError(f"{plugin} returned maps of {maps.shape[1:]} after {total.shape[1:]}; keep to one size")
        if card.overlap == "last":
            total[start:stop], seen[start:stop] = maps, 1
        else:
            total[start:stop] += maps
            seen[start:stop] += 1
    assert total is not None
    return resize_maps((total / seen[:, None, None])[:count], clip.size)


def check_source(target: Target, source: VideoSource, plugin: str) -> list[str]:
    """What ``target`` has to say of a video before any work; nothing when it has no ``check``.

    Raises:
        InputError: the video cannot be read, or the target cannot do it.
        PluginError: its check failed, or returned something else than lines.
    """
    if isinstance(source, UnreadableSource):
        raise source.error
    if not isinstance(target, CheckingTarget):
        return []
    with guarded(plugin, f"to check {source.path}", of=target):
        notes = target.check(source)
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
        raise PluginError(f"{plugin} returned no list of lines from check({source.name}); expected list[str]")
    return notes


def missing_frames(target: Target, clip: Clip, plugin: str) -> NDArray[np.bool_]:
    """Return for which frames of a clip the target has no map, ``bool[T]``; only a ``PartialTarget`` may have none.

    Raises:
        InputError: too many are missing.
        PluginError: the target failed to say, or said something else.
    """
    if not isinstance(target, PartialTarget):
        return np.zeros(len(clip), bool)
    with guarded(plugin, f"on frames {clip.names[0]} to {clip.names[-1]}", of=target):
        missing = as_array(target.missing(clip))
    if missing.shape != (len(clip),) or missing.dtype != bool:
        raise PluginError(
            f"{plugin}: missing returned {missing.dtype}{list(missing.shape)}; expected bool[{len(clip)}]"
        )
    return missing


def _predict(target: Target, clip: Clip, plugin: str) -> Maps:
    own = clip if is_own(target) else replace(clip, frames=clip.frames.copy())  # theirs to write into
    with guarded(plugin, f"on frames {clip.names[0]} to {clip.names[-1]}", of=target):
        maps = target.predict(own)
    return checked_maps(maps, len(clip), plugin)
