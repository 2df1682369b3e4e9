"""Cards: what a plugin says about itself, so that the engine can run it without knowing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vsodboost.data.arguments import choice, flag, number, positive, several, whole

if TYPE_CHECKING:
    from torch import Tensor, nn

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class WeightsSource:
    """Where the weights of a model come from.

    ``file`` is the authors' file name, ``published`` says where they publish it (shown when it is missing),
    ``url`` and ``hash`` ("md5:…" or "sha256:…") are given only where it may be downloaded without a form.
    """

    file: str
    published: str
    licence: str
    url: str | None = None
    hash: str | None = None
    build: Callable[[], nn.Module] | None = None
    """Builds the untrained network whose keys and shapes a file must have; called on torch's meta device."""
    reader: Callable[[Path], Mapping[str, Tensor]] | None = None
    """Reads a file that is neither a torch checkpoint nor safetensors (SSAV's .caffemodel) into the network's keys."""
    rename: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]] | None = None
    """Turns the keys of a checkpoint into the network's, where files in several layouts are about (PWC-Net)."""
    ignores_extra: bool = False
    """Whether the authors' own loader passes over tensors that the network lacks; else they are refused."""
    made_by: str = ""
    """The command that makes ``file``, where nobody publishes it."""


@dataclass(frozen=True)
class Card:
    """What every plugin says: a one-line ``summary``, its ``licence``, the ``paper`` it comes from."""

    summary: str
    licence: str = "Apache-2.0"
    paper: str = ""
    argument: str = ""
    """Placeholder of the part after the colon (``maps:DIR`` has ``DIR``); empty when the name stands alone."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Names the plugin understands as ``--target-option NAME=VALUE`` (and the like), each with one line of help."""
    weights: WeightsSource | None = None


@dataclass(frozen=True)
class TargetCard(Card):
    """A target model's card; the engine windows, batches, resizes and normalises by it.

    ``input_size`` is (H, W) in px, None for the source size. Frames are RGB, divided by 255, then by ``mean``/``std``.
    ``window`` is the clip length T one call sees (1: frames are independent), ``stride`` the step between windows
    (None: T), ``overlap`` what happens where windows overlap. A window never crosses a cut; a shot shorter than T is
    padded by repeating its last frame. ``needs_flow`` asks for the flow image beside each frame.
    ``output`` says what a network gives (auto: a trial call finds which of its outputs is the map, and what it
    means); ``minmax`` stretches each map to [0, 1] afterwards.
    """

    input_size: tuple[int, int] | None = None
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    resize: Literal["bilinear", "pil"] = "bilinear"
    window: int = 1
    stride: int | None = None
    overlap: Literal["mean", "last"] = "mean"
    needs_flow: bool = False
    output: Literal["logits", "probabilities", "auto"] = "logits"
    minmax: bool = False
    batch: int = 8
    learning_rate: float | None = None
    """Rate at which the model may be fine-tuned (None: not trainable); the keyframe booster's twin uses it."""
    trainer: Callable[[Any], Path] | None = None
    """What ``vsodboost train NAME`` runs: takes a ``vsodboost.training.recipe.TrainingRequest``, trains the model from
    scratch or from a checkpoint on labelled data and returns the file of its weights."""

    def __post_init__(self) -> None:
        """Raises UsageError for what no target is fed by."""
        checks: dict[str, Callable[[str, Any], Any]] = {
            "input_size": partial(several, count=2, check=whole),
            "mean": partial(several, count=3, check=number),
            "std": partial(several, count=3, check=positive),
            "resize": partial(choice, among=("bilinear", "pil")),
            "window": whole,
            "stride": lambda name, value: whole(name, value, most=self.window),
            "overlap": partial(choice, among=("mean", "last")),
            "needs_flow": flag,
            "output": partial(choice, among=("logits", "probabilities", "auto")),
            "minmax": flag,
            "batch": whole,
            "learning_rate": positive,
        }
        for name, check in checks.items():
            value = getattr(self, name)
            if value is not None or name not in ("input_size", "stride", "learning_rate"):
                object.__setattr__(self, name, check(f"TargetCard.{name}", value))


@dataclass(frozen=True)
class FlowCard(Card):
    """A flow estimator's card; any frame size goes in, px at that size come out."""


@dataclass(frozen=True)
class DetectorCard(Card):
    """A proposal detector's card."""


@dataclass(frozen=True)
class BoosterCard(Card):
    """A booster's card; ``passes`` is 2 when it must survey the whole video before it mines. Networks of ours look at
    every third frame, and flow carries their maps to the others, unless it wants them of ``every_frame``."""

    passes: int = 1
    every_frame: bool = False
    paper_profile: Callable[[Mapping[str, str]], Mapping[str, Any]] | None = None
    """What ``--profile paper`` chooses where the user did not: values by the names of ``plan.Options``, given the
    booster's own options. None: there is no such profile."""


@dataclass(frozen=True)
class SpatialModelCard(Card):
    """A spatial model's card: how it is fed and how it may be fine-tuned.

    One learning rate does not fit all models, so it is the model's to say. ``size`` is the short side in px the
    network works at; sides are rounded to multiples of ``multiple``.
    """

    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    multiple: int = 32
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    guidance: bool = False
    """Whether the network also reads guidance channels ``[N, 4, h, w]``, or None: the motion image (3) and a saliency
    map in [0, 1] less one half (1); an absent one is all zero. A fusion network must."""
    window: int = 1
    """Frames of a clip, for a network whose batch is one: it learns from and predicts so many consecutive frames."""
    channels: int = 3
    """Channels it reads: 3 for a student; 7 for a network that makes pseudo-labels (frame, two propagated labels, two
    flow magnitudes), which the labels booster takes."""
