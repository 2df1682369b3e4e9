"""What a student is fine-tuned on, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vsodboost.data.rows import Rows
from vsodboost.data.types import FlowField, Frames, Maps, PerFrame

TUNING_PIXELS = 224 * 384
"""Pixels of the frames that our networks learn from, before a video and in it: as good as larger ones, and faster."""


@dataclass(frozen=True)
class TrainingSet(Rows):
    """K mined frames: ``frames uint8[K,h,w,3]``, ``pseudo_truth float32[K,h,w]``, ``weights float32[K]``, and what the
    student may read beside the frame: object ``motion float32[K,h,w,2]`` px and ``target`` maps float32[K,h,w]."""

    frames: Frames
    pseudo_truth: Maps
    weights: PerFrame
    motion: FlowField
    target: Maps

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True)
class TuneSettings:
    """``steps`` of ``batch`` frames at ``rate`` (None: the card's); ``guided_batches`` is the part of the batches in
    which the student also reads object motion and, in every second one, the target's map.

    ``passes`` replaces the steps by that many times the number of frames. ``optimizer`` "adamw" warms up and cools
    down and mirrors at random (``mirror``); "sgd" (momentum .95, weight decay 5e-4) keeps its rate and shows frames as
    they are: Li et al. (plug-and-play); "adam" keeps its rate and clips no gradient: Chen et al. (MQP).
    """

    steps: int = 40
    batch: int = 4
    rate: float | None = None
    guided_batches: float = 0.75
    warmup: int = 4
    passes: float | None = None
    pixels: int | None = TUNING_PIXELS
    """Pixels of a frame the student is tuned with, at most (None: as many as the scene has)."""
    optimizer: Literal["adamw", "sgd", "adam"] = "adamw"
    loss: Literal["structure", "euclidean", "cross-entropy", "cross-entropy-sum"] = "structure"
    """The cross entropies, mean or sum over pixels and frames, take all frames as equal."""
    mirror: bool = True
    clamp: float | None = None
    """Largest size of any element of a gradient."""
    every_output: bool = False
    """Teach every output of a network that has several, and add their losses; else the final map alone."""
    keep_moments: bool = False
    """Go on with the optimiser of the last tuning, unless the student was reset since."""

    def steps_for(self, frames: int) -> int:
        """Return the steps that so many ``frames`` take."""
        return self.steps if self.passes is None else max(1, round(self.passes * frames / self.batch))
