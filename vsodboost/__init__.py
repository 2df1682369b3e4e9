"""vsodboost: boost any video salient object detection model on your own video, without labels.

result = vsodboost.boost("clip.mp4", target="lite")          # maps, trust, what was mined
for frame in vsodboost.stream(frames, target=my_function):   # any length, bounded memory
    ...
booster = vsodboost.VideoBooster(my_network, seed=1)         # built once, for many videos
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from vsodboost.version import __version__

if TYPE_CHECKING:
    from vsodboost.api import VideoBooster, boost, stream
    from vsodboost.data.boosted import BoostedBuffer, BoostedFrame
    from vsodboost.data.cards import (
        BoosterCard,
        Card,
        DetectorCard,
        FlowCard,
        SpatialModelCard,
        TargetCard,
        WeightsSource,
    )
    from vsodboost.data.decision import Decision
    from vsodboost.data.errors import (
        InputError,
        PluginError,
        UnknownPlugin,
        UsageError,
        VideoError,
        VsodboostError,
        WeightsError,
    )
    from vsodboost.data.predictions import Predictions
    from vsodboost.data.scene import Mined, Scene
    from vsodboost.data.training_set import TrainingSet, TuneSettings
    from vsodboost.data.types import Clip, Proposals
    from vsodboost.datasets.layout import Layout
    from vsodboost.datasets.sequence import AnnotatedSequence, Truth
    from vsodboost.registry.booster import Booster, Context, Overrides
    from vsodboost.registry.hookspecs import hookimpl
    from vsodboost.registry.interfaces import Request
    from vsodboost.registry.writer import VideoOutput, Writer
    from vsodboost.writers.result import Result

__all__ = [
    "AnnotatedSequence",
    "BoostedBuffer",
    "BoostedFrame",
    "Booster",
    "BoosterCard",
    "Card",
    "Clip",
    "Context",
    "Decision",
    "DetectorCard",
    "FlowCard",
    "InputError",
    "Layout",
    "Mined",
    "Overrides",
    "PluginError",
    "Predictions",
    "Proposals",
    "Request",
    "Result",
    "Scene",
    "SpatialModelCard",
    "TargetCard",
    "TrainingSet",
    "Truth",
    "TuneSettings",
    "UnknownPlugin",
    "UsageError",
    "VideoBooster",
    "VideoError",
    "VideoOutput",
    "VsodboostError",
    "WeightsError",
    "WeightsSource",
    "Writer",
    "__version__",
    "boost",
    "hookimpl",
    "stream",
]


_HOMES = {
    "vsodboost.api": ("VideoBooster", "boost", "stream"),
    "vsodboost.data.boosted": ("BoostedBuffer", "BoostedFrame"),
    "vsodboost.data.decision": ("Decision",),
    "vsodboost.data.predictions": ("Predictions",),
    "vsodboost.data.scene": ("Mined", "Scene"),
    "vsodboost.data.training_set": ("TrainingSet", "TuneSettings"),
    "vsodboost.datasets.layout": ("Layout",),
    "vsodboost.datasets.sequence": ("AnnotatedSequence", "Truth"),
    "vsodboost.registry.booster": ("Booster", "Context", "Overrides"),
    "vsodboost.registry.writer": ("VideoOutput", "Writer"),
    "vsodboost.writers.result": ("Result",),
    "vsodboost.data.cards": (
        "BoosterCard",
        "Card",
        "DetectorCard",
        "FlowCard",
        "SpatialModelCard",
        "TargetCard",
        "WeightsSource",
    ),
    "vsodboost.data.errors": (
        "InputError",
        "PluginError",
        "UnknownPlugin",
        "UsageError",
        "VideoError",
        "VsodboostError",
        "WeightsError",
    ),
    "vsodboost.registry.hookspecs": ("hookimpl",),
    "vsodboost.registry.interfaces": ("Request",),
    "vsodboost.data.types": ("Clip", "Proposals"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first used: ``import vsodboost`` itself stays quick."""
    if name not in _HOME:
        raise AttributeError(f"module 'vsodboost' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
