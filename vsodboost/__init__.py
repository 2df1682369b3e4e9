"""vsodboost: boost any video salient object detection model on your own video, without labels.

result = vsodboost.boost("clip.mp4", target="lite")          # maps, trust, what was mined
for frame in vsodboost.stream(frames, target=my_function):   # any length, bounded memory
    ...
booster = vsodboost.VideoBooster(my_network, seed=1)         # built once, for many videos
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from vsodboost.data.cards import BoosterCard, Card, DetectorCard, FlowCard, SpatialModelCard, TargetCard, WeightsSource
from vsodboost.data.errors import (
    InputError,
    PluginError,
    UnknownPlugin,
    UsageError,
    VideoError,
    VsodboostError,
    WeightsError,
)
from vsodboost.registry.hookspecs import hookimpl
from vsodboost.version import __version__

if TYPE_CHECKING:
    from vsodboost.api import VideoBooster, boost, stream
    from vsodboost.data.boosted import BoostedBuffer, BoostedFrame
    from vsodboost.data.decision import Decision
    from vsodboost.data.predictions import Predictions
    from vsodboost.writers.result import Result
    from vsodboost.data.scene import Mined, Scene
    from vsodboost.data.training_set import TrainingSet, TuneSettings
    from vsodboost.data.types import Clip, Proposals
    from vsodboost.registry.booster import Booster, Context, Overrides
    from vsodboost.registry.interfaces import Request
    from vsodboost.registry.writer import VideoOutput, Writer

_LATER = {
    "VideoBooster": "api",
    "boost": "api",
    "stream": "api",
    "BoostedBuffer": "data.boosted",
    "BoostedFrame": "data.boosted",
    "Decision": "data.decision",
    "Predictions": "data.predictions",
    "Result": "writers.result",
    "Mined": "data.scene",
    "Scene": "data.scene",
    "TrainingSet": "data.training_set",
    "TuneSettings": "data.training_set",
    "Clip": "data.types",
    "Proposals": "data.types",
    "Booster": "registry.booster",
    "Context": "registry.booster",
    "Overrides": "registry.booster",
    "Request": "registry.interfaces",
    "VideoOutput": "registry.writer",
    "Writer": "registry.writer",
}
"""What needs torch or NumPy is imported when it is first used: ``import vsodboost`` stays quick."""

__all__ = [
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


def __getattr__(name: str) -> Any:
    """Import a name of the public face when it is first used."""
    if name in _LATER:
        return getattr(importlib.import_module(f"vsodboost.{_LATER[name]}"), name)
    raise AttributeError(f"module 'vsodboost' has no attribute '{name}'")
