"""vsodboost: boost any video salient object detection model on your own video, without labels.

result = vsodboost.boost("clip.mp4", target="lite")          # maps, trust, what was mined
for frame in vsodboost.stream(frames, target=my_function):   # any length, bounded memory
    ...
"""

from __future__ import annotations

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
from vsodboost.data.types import Clip, Proposals
from vsodboost.registry.hookspecs import hookimpl
from vsodboost.registry.interfaces import Request
from vsodboost.version import __version__

if TYPE_CHECKING:
    from vsodboost.api import BoostedFrame, Result, boost, stream

__all__ = [
    "BoostedFrame",
    "BoosterCard",
    "Card",
    "Clip",
    "DetectorCard",
    "FlowCard",
    "InputError",
    "PluginError",
    "Proposals",
    "Request",
    "Result",
    "SpatialModelCard",
    "TargetCard",
    "UnknownPlugin",
    "UsageError",
    "VideoError",
    "VsodboostError",
    "WeightsError",
    "WeightsSource",
    "__version__",
    "boost",
    "hookimpl",
    "stream",
]


def __getattr__(name: str) -> Any:
    """The functions that need torch are imported when they are first used: ``import vsodboost`` stays quick."""
    if name in ("boost", "stream", "Result", "BoostedFrame"):
        from vsodboost import api

        return getattr(api, name)
    raise AttributeError(f"module 'vsodboost' has no attribute '{name}'")
