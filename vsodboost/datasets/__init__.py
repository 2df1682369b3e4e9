"""Data sets as they are published, one reader a layout; ``wrap``, ``eval`` and ``train`` see the same sequences.

Readers register as a stranger's do; they are imported when they are built, and so are the names of this package.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from vsodboost.data.cards import Card
from vsodboost.registry.hookspecs import RegisterLayout, hookimpl
from vsodboost.registry.interfaces import Request

if TYPE_CHECKING:
    from vsodboost.datasets.layout import Layout
    from vsodboost.datasets.matching import annotated
    from vsodboost.datasets.reading import LAYOUTS, layout_names, read_dataset
    from vsodboost.datasets.registered import registered_layouts
    from vsodboost.datasets.sequence import AnnotatedSequence, Dataset, Truth

__all__ = [
    "LAYOUTS",
    "AnnotatedSequence",
    "Dataset",
    "Layout",
    "Truth",
    "annotated",
    "layout_names",
    "read_dataset",
    "registered_layouts",
]

OURS = {
    "visal": "ViSal: sequences side by side, all masks in one folder",
    "fbms": "FBMS-59: SEQUENCE/GroundTruth, some frames only",
    "segtrack-v2": "SegTrack-v2: a folder of masks an object",
    "youtube-objects": "YouTube-Objects: shots of videos of a class, some frames only",
    "vos": "VOS, as DAVSOD's benchmark arranges it",
    "mcl": "MCL, as DAVSOD's benchmark arranges it",
    "uvsd": "UVSD, as DAVSOD's benchmark arranges it",
    "davis": "DAVIS 2016 and 2017, YouTube-VOS, SegTrack-v1: JPEGImages and Annotations",
    "davsod": "DAVSOD: SEQUENCE/Imgs and SEQUENCE/GT_object_level",
    "duts": "DUTS: stills",
    "ecssd": "ECSSD: stills",
    "hku-is": "HKU-IS: stills",
    "msra-b": "MSRA-B: stills",
    "msra10k": "MSRA10K: stills",
    "stills": "stills of any set: images and masks",
    "plain": "what is left: a folder of masks a sequence",
}
"""Names of our layouts and what each is."""

_HOMES = {
    "layout": ("Layout",),
    "matching": ("annotated",),
    "reading": ("LAYOUTS", "layout_names", "read_dataset"),
    "registered": ("registered_layouts",),
    "sequence": ("AnnotatedSequence", "Dataset", "Truth"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a name from its module when it is first used: registering needs none of them."""
    if name not in _HOME:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


class _Factory:
    """Returns the readers of one of our layouts."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, request: Request, /) -> tuple[Layout, ...]:
        from vsodboost.datasets.reading import LAYOUTS

        return tuple(layout for layout in LAYOUTS if layout.name == self.name)


@hookimpl
def vsodboost_register_layouts(register: RegisterLayout) -> None:
    for name, summary in OURS.items():
        register(name, _Factory(name), Card(summary=summary))
