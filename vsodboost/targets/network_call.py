"""The call of a network that nobody described: how frames go in, how its output is read, and the trial that settles it.

What is wrong with a network is said by the trial, before the first frame of a video is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import UsageError, VsodboostError
from vsodboost.data.types import Frames
from vsodboost.registry.interfaces import Request
from vsodboost.targets.network_target import NetworkTarget
from vsodboost.targets.output_reader import OutputReader

if TYPE_CHECKING:
    from torch import Tensor, nn

FREE_SIZE = (277, 411)
"""(H, W) in px of the trial frames for a network that takes frames of the source size: odd, as a source may be.

Rounded up to multiples of 32 they are none of 64 or 28, so that the trial tells these apart.
"""
MULTIPLES = (32, 64, 28, 128)
"""What sides are rounded up to, one after the other, when a network fails on others (28: vision transformers)."""
BLANK = 0.02
"""Maps of all trial frames that span less than this show nothing."""


class FailedTrial(UsageError):
    """A network raised in every trial."""


def as_batch(frames: Tensor) -> Tensor:
    """Frames ``[N, 3, h, w]`` as they are."""
    return frames


class NetworkCall:
    """How a network is called: ``NetworkTarget``'s ``forward``.

    ``arrange`` brings frames ``[N, 3, h, w]`` into the form the network wants, ``reader`` reads what it returns,
    ``names`` are those of its outputs where it returns a tuple without, ``flip`` turns RGB into BGR, and sides are
    padded to multiples of ``multiple`` px (the maps are cut again).
    """

    def __init__(
        self,
        reader: OutputReader,
        arrange: Callable[[Tensor], Any] = as_batch,
        *,
        names: Sequence[str] = (),
        flip: bool = False,
        multiple: int = 1,
    ) -> None:
        self.reader, self.multiple = reader, multiple
        self._arrange, self._names, self._flip = arrange, names, flip

    def __call__(self, network: nn.Module, frames: Tensor, flow: Tensor | None) -> Tensor:
        """Maps ``[T, 1, h, w]`` of normalised ``frames`` ``[T, 3, h, w]`` and, where wanted, their flow images.

        Raises:
            UsageError, PluginError: as the reader does.
        """
        from torch.nn import functional as F

        height, width = int(frames.shape[-2]), int(frames.shape[-1])
        whole = padded_size((height, width), self.multiple)
        images = [frames] if flow is None else [frames, flow]
        if whole != (height, width):
            room = (0, whole[1] - width, 0, whole[0] - height)
            images = [F.pad(image, room, mode="replicate") for image in images]
        if self._flip:
            images = [image.flip(1) for image in images]
        output = network(*(self._arrange(image) for image in images))
        if self._names:
            output = dict(zip(self._names, output, strict=True))
        maps = self.reader(together(output, len(frames)), len(frames), whole)
        if whole == (height, width):
            return maps
        if maps.shape[-2:] != whole:
            maps = F.interpolate(maps, whole, mode="bilinear", align_corners=False)
        return maps[..., :height, :width]


def padded_size(size: tuple[int, int], multiple: int) -> tuple[int, int]:
    """(h, w) rounded up to multiples."""
    height, width = (-(-side // multiple) * multiple for side in size)
    return height, width


def together(output: Any, count: int) -> Any:
    """A list of ``count`` outputs of a frame each as one output with tensors ``[count, ...]``; others as they are."""
    from vsodboost.targets.model_output import named_tensors

    if not isinstance(output, (list, tuple)) or hasattr(output, "_fields") or len(output) != count or count == 1:
        return output
    import torch

    frames = [named_tensors(frame) for frame in output]
    names = list(frames[0])
    if not names or any(list(frame) != names for frame in frames):
        return output
    found = {}
    for name in names:
        tensors = [frame[name] for frame in frames]
        if any(x.shape != tensors[0].shape or x.ndim < 2 for x in tensors):
            return output
        if tensors[0].shape[0] != 1 and tensors[0].ndim > 2:  # each is of all frames, so these are no frames
            return output
        found[name] = torch.cat(tensors) if tensors[0].shape[0] == 1 else torch.stack(tensors)
    return found


# --- the trial ----------------------------------------------------------------------------------------------------


def trial_frames(count: int, size: tuple[int, int]) -> Frames:
    """Frames ``uint8[count, H, W, 3]`` such as a camera gives, seeded: a textured ground and things of every colour.

    They hold black, white and every saturated colour, large and small, so that a network has something to answer to.
    """
    height, width = size
    rng = np.random.default_rng(0)
    coarse = rng.integers(30, 180, (6, 8, 3)).astype(np.float32)
    ground = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR) + rng.normal(0, 12, (height, width, 3))
    colours = np.array([[r, g, b] for r in (0, 255) for g in (0, 255) for b in (0, 255)], np.uint8)
    frames = np.empty((count, height, width, 3), np.uint8)
    radius = max(1, min(height, width) // 9)
    for t in range(count):
        frames[t] = np.clip(ground, 0, 255)
        for i, colour in enumerate(colours):
            centre = (round(width * (i % 4 + 0.5) / 4) + 2 * t, round(height * (i // 4 + 0.5) / 2))
            cv2.circle(frames[t], centre, radius if i % 3 else radius // 2, colour.tolist(), -1)
    return frames


def trial_maps(target: NetworkTarget, count: int, size: tuple[int, int]) -> Tensor:
    """Maps ``[count, 1, h, w]`` of trial frames, prepared and read as those of a video will be."""
    import torch

    frames = target.prepare(trial_frames(count, size))
    flow = target.prepare(np.full((count, *size, 3), 255, np.uint8)) if target.card.needs_flow else None
    with torch.inference_mode():
        return target.saliency(frames, flow).float()


def tried(
    target: NetworkTarget, call: NetworkCall, owner: str, *, may_pad: bool = True, hint: str = "", fed_as_usual: bool
) -> NetworkTarget:
    """``target``, whose forward is ``call``, after the trial that settles how it is run and read.

    A network that fails on two frames is run frame by frame, one that fails on frames of its size gets padded ones if
    it ``may_pad``. Both are noted, and its card says what comes out. ``hint`` ends the refusal of one that fails. One
    that is ``fed_as_usual``, because nobody said otherwise, and gives blank maps, but not when it is fed pixels of
    0..255, is refused: its normalisation cannot be known.

    Raises:
        FailedTrial: it fails on every trial; ``owner`` begins the message.
        UsageError: it gives something else than a map a frame, or what it gives is unclear.
    """
    card, reader = target.card, call.reader
    size = card.input_size or FREE_SIZE
    counts: Sequence[int] = (card.window,) if card.window > 1 else (2, 1) if card.batch > 1 else (1,)
    multiples = [call.multiple, *(m for m in MULTIPLES if may_pad and padded_size(size, m) != size)]
    failures: list[str] = []
    for multiple in multiples:
        call.multiple = multiple
        for count in counts:
            try:
                maps = trial_maps(target, count, size)
            except UsageError:
                raise
            except Exception as error:  # whatever a stranger's network raises
                failures.append(" ".join(str(error).split()) or type(error).__name__)
                continue
            _check(maps, count, owner)
            if multiple != multiples[0]:
                why = f"it fails on {size[0]}x{size[1]} px ({shortened(failures[len(counts) - 1])})"
                reader.notes.append(f"frames are padded to sides that are multiples of {multiple}: {why}")
            if count < counts[0]:
                reader.notes.append(f"frames go in one by one: it fails on two at once ({shortened(failures[-1])})")
            batch = 1 if count < counts[0] else card.batch
            target.card = replace(card, output="logits" if reader.gives_logits else "probabilities", batch=batch)
            reader.always_probabilities = not reader.gives_logits
            target.notes = reader.notes
            if _is_blank(maps, target.card):
                if fed_as_usual and _wants_pixels(target, count, size):
                    raise UsageError(
                        f"{owner} gives blank maps of frames normalised as for ImageNet, but not of pixels of 0..255; "
                        "say how it is fed: option scale=1 (0..255), or scale, mean and std"
                    )
                reader.notes.append("its maps of the trial frames are blank; is it fed right (scale, mean, std)?")
            return target
    frames = f"{counts[-1]} frame{'s' * (counts[-1] > 1)} of {size[0]}x{size[1]} px"
    raise FailedTrial(f"{owner} fails on {frames}: {shortened(failures[len(counts) - 1], 500)}{hint}")


def _check(maps: Tensor, count: int, owner: str) -> None:
    import torch

    if len(maps) != count:
        raise UsageError(f"{owner} gives {len(maps)} maps for {count} frames; a target gives one a frame")
    if not bool(torch.isfinite(maps).all()):
        raise UsageError(f"{owner} gives NaN or infinite values; are its weights whole?")


def _is_blank(maps: Tensor, card: TargetCard) -> bool:
    values = maps.sigmoid() if card.output == "logits" else maps
    return bool(values.max() - values.min() < BLANK)


def _wants_pixels(target: NetworkTarget, count: int, size: tuple[int, int]) -> bool:
    """Whether maps that are blank are not so any more when the frames are not normalised."""
    card = target.card
    target.card = replace(card, mean=(0.0, 0.0, 0.0), std=(1 / 255, 1 / 255, 1 / 255))
    try:
        return not _is_blank(trial_maps(target, count, size), card)
    except VsodboostError:  # its values are of another scale now, so they are not blank
        return True
    finally:
        target.card = card


def shortened(reason: str, limit: int = 160) -> str:
    """A reason of at most ``limit`` characters, with its beginning and its end, which often holds the cause."""
    return reason if len(reason) <= limit else f"{reason[: limit // 2 - 3]} ... {reason[-(limit // 2 - 2) :]}"


def described(network: nn.Module, card: TargetCard, request: Request) -> NetworkTarget:
    """A torch module whose card leaves the output open, run and read as a trial call finds.

    One that fails in the trial, which is not of the video's size, is settled by the video's first frames.

    Raises:
        UsageError: its output is unclear, or no map a frame.
    """
    owner = f"the network {type(network).__name__}"
    mend = "return one map a frame, logits or values in [0, 1], and give a card whose output says which"
    call = NetworkCall(OutputReader(owner, mend=mend))
    target = NetworkTarget(network, card, request, forward=call)
    try:
        return tried(target, call, owner, fed_as_usual=False)
    except FailedTrial:
        call.multiple, call.reader.always_probabilities = 1, True
        target.card, target.notes = replace(card, output="probabilities"), call.reader.notes
        return target
