"""What a user may choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from vsodboost.data.cards import BoosterCard, Card
from vsodboost.data.errors import UsageError
from vsodboost.io.part import Part
from vsodboost.registry.discovery import Registry

Scope = Literal["video", "dataset"]
Profile = Literal["fast", "quick", "paper"]


@dataclass(frozen=True)
class Options:
    """What a user may choose; the names are the command line's."""

    target: str = "lite"
    profile: Profile = "fast"
    """``paper`` is a preset of the others, made by the booster, and ``quick`` one that learns nothing; ``choose``
    applies them."""
    booster: str = "mqp"
    flow: str = "dis"
    spatial_model: str = "lite"
    fusion_network: str = "lite"
    detector: str = "blobs"
    motion: str = "mqpm"
    decision: str = "region-gate"
    executor: str = "local"
    scope: Scope = "video"
    buffer: int = 100
    steps: int | None = None
    device: str = "auto"
    seed: int = 0
    carry_over: bool = False
    """Keep the student from one video to the next, as the papers' scripts do (results then depend on the order)."""
    target_options: Mapping[str, str] = field(default_factory=dict)
    booster_options: Mapping[str, str] = field(default_factory=dict)
    flow_options: Mapping[str, str] = field(default_factory=dict)
    detector_options: Mapping[str, str] = field(default_factory=dict)
    executor_options: Mapping[str, str] = field(default_factory=dict)
    start: float | None = None
    """With the next four: which part of each video, and how large (see ``io.part.Part``)."""
    stop: float | None = None
    max_frames: int | None = None
    every: int | None = None
    size: str | None = None

    @property
    def part(self) -> Part:
        """Which part of each video. Raises UsageError where there can be none."""
        return Part(self.start, self.stop, self.max_frames, self.every, self.size)


def choose(given: Mapping[str, Any], registry: Registry) -> Options:
    """Return options from those ``given`` by name; the profile chooses the others.

    Raises:
        UsageError: the booster, or the value of one of its options, does not exist, or it has no such profile.
    """
    options = Options(**given)
    _ = options.part  # refused before anything is built
    if options.profile == "fast":
        return options
    if options.profile == "quick":
        return _quick(options, given)
    if options.profile != "paper":
        raise UsageError(f"no profile is called '{options.profile}'; there are fast, quick and paper")
    card = registry.card("boosters", options.booster)
    if card.paper_profile is None:
        known = [name for name, entry in registry.entries["boosters"].items() if _has_paper_profile(entry.card)]
        raise UsageError(f"booster '{options.booster}' has no profile 'paper'; those that have: {', '.join(known)}")
    preset = card.paper_profile(options.booster_options)
    # The booster itself may be another under this profile, even where it was named.
    return replace(options, **{k: v for k, v in preset.items() if k == "booster" or k not in given})


LEARNING = ("booster", "steps", "carry_over")
"""Options that say what to learn of a video, or how."""


def _quick(options: Options, given: Mapping[str, Any]) -> Options:
    """Return the options of a run that learns nothing. Raises UsageError for those that say what to learn or how."""
    learning = [name for name in LEARNING if given.get(name)]
    if learning or options.scope == "dataset":
        named = f"--{learning[0].replace('_', '-')}" if learning else "--scope dataset"
        raise UsageError(
            f"--profile quick learns nothing of the video, so it takes no {named}; leave out one of the two"
        )
    return replace(options, booster="none")


def _has_paper_profile(card: Card) -> bool:
    return isinstance(card, BoosterCard) and card.paper_profile is not None
