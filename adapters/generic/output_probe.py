"""One trial call of a network, so that what is wrong with it is said before the first frame of a video is read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vsodboost.data.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

    from vsodboost.targets.network_target import NetworkTarget

FREE_SIZE = (256, 448)
"""(H, W) in px of the trial frames for a network that takes frames of any size."""


def trial_frames(count: int, size: tuple[int, int], device: str) -> Tensor:
    """Normalised frames ``float32[count, 3, h, w]``: seeded noise over a ramp from dark to bright."""
    import torch

    generator = torch.Generator().manual_seed(0)
    ramp = torch.linspace(-2, 2, size[1]).expand(count, 3, *size)
    return (ramp + torch.randn((count, 3, *size), generator=generator)).to(device)


def is_probability(maps: Tensor) -> bool:
    """Whether all values are in [0, 1], which those of logits hardly ever are."""
    return bool((maps >= -1e-4).all() and (maps <= 1 + 1e-4).all())


def tried(target: NetworkTarget, owner: str, *, activation: str) -> NetworkTarget:
    """``target`` after one trial call; ``activation`` (auto, sigmoid or none) settles what its card says of the output.

    With ``auto`` a network whose trial output is all in [0, 1] gives probabilities, any other logits.

    Raises:
        UsageError: the call fails, or gives something else than a map a frame; the message begins with ``owner``.
    """
    import torch

    card = target.card
    frames = trial_frames(card.window, card.input_size or FREE_SIZE, target.device)
    try:
        with torch.inference_mode():
            maps = target.saliency(frames, frames if card.needs_flow else None).float()
    except UsageError:
        raise
    except Exception as error:  # whatever a stranger's network raises
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        shape = f"{card.window} frame{'s' * (card.window > 1)} of {frames.shape[2]}x{frames.shape[3]} px"
        raise UsageError(f"{owner} fails on {shape}: {reason}") from error
    if len(maps) != card.window:
        raise UsageError(f"{owner} gives {len(maps)} maps for {card.window} frames; a target gives one a frame")
    if not bool(torch.isfinite(maps).all()):
        raise UsageError(f"{owner} gives NaN or infinite values on noise; are its weights whole?")
    plain = is_probability(maps) if activation == "auto" else activation == "none"
    target.card = replace(card, output="probabilities" if plain else "logits")
    return target
