"""From a folder to the data set in it: recognised, or read by the layout that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vsodboost.data.errors import InputError, UsageError
from vsodboost.data.video import natural_key
from vsodboost.datasets.davis import Davis
from vsodboost.datasets.davsod import Davsod
from vsodboost.datasets.fbms import Fbms
from vsodboost.datasets.folders import NamedSet
from vsodboost.datasets.layout import Layout
from vsodboost.datasets.listing import folders, listed_once
from vsodboost.datasets.plain import Plain
from vsodboost.datasets.segtrack import SegTrackV2
from vsodboost.datasets.sequence import AnnotatedSequence, Dataset
from vsodboost.datasets.stills import GENERIC, StillFolders, StillPairs
from vsodboost.datasets.visal import ViSal
from vsodboost.datasets.youtube_objects import YouTubeObjects

LAYOUTS: tuple[Layout, ...] = (
    ViSal(),
    Fbms(),
    SegTrackV2(),
    YouTubeObjects(),
    # The arrangements of DAVSOD's benchmark, which only the folder's name tells apart.
    NamedSet("visal"),
    NamedSet("vos"),
    NamedSet("mcl"),
    NamedSet("uvsd"),
    NamedSet("fbms", "fbms59"),
    NamedSet("segtrack-v2", "segtrack2", "segv2"),
    NamedSet("davis", "davis2016", "davis16", "davis2017", "davis17"),
    NamedSet("youtube-objects", "yto"),
    Davsod(),
    Davis(),
    StillFolders("duts", (("DUTS-TR-Image", "DUTS-TR-Mask"), ("DUTS-TE-Image", "DUTS-TE-Mask"))),
    StillFolders("ecssd", (("images", "ground_truth_mask"),)),
    StillFolders("hku-is", (("imgs", "gt"),), ("hkuis",)),
    StillFolders("msra-b", (("image", "annotation"), ("imgs", "gt"), ("images", "gt")), ("msrab",)),
    StillPairs("msra10k", "MSRA10K_Imgs_GT"),
    StillPairs("msra-b"),
    StillFolders("stills", GENERIC),
    Plain(),
)
"""Tried in this order; several of one name are arrangements of the same set, and ``plain`` is what is left."""


def layout_names(layouts: Sequence[Layout] = LAYOUTS) -> list[str]:
    """The names to choose from, each once."""
    return list(dict.fromkeys(layout.name for layout in layouts))


def read_dataset(path: Path, layout: str | None = None, layouts: Sequence[Layout] = LAYOUTS) -> Dataset:
    """The data set in a folder.

    Args:
        path: its root, a folder with several roots of one layout (``DAVSOD/{Easy-35, Normal-25}``), or a folder in
            it, such as one sequence.
        layout: name of the layout it has; None to recognise it.
        layouts: the readers, tried in order.

    Raises:
        UsageError: no such folder or layout, the layout asked for does not fit, or several layouts lie side by side.
        InputError: nothing in it looks like frames with truth, or masks; two sequences share a name.
    """
    if not path.is_dir():
        raise UsageError(f"{path}: no such folder")
    with listed_once():
        return _recognised(path, layouts) if layout is None else _asked_for(path, layout, layouts)


def _recognised(path: Path, layouts: Sequence[Layout]) -> Dataset:
    for reader in layouts:
        if reader.name != "plain" and reader.recognise(path) and (found := reader.sequences(path)):
            return _dataset(reader, path, found)
    if (combined := _combined(path, layouts)) is not None:
        return combined
    for reader in layouts:
        if reader.name == "plain" and (found := reader.sequences(path)):
            return _dataset(reader, path, found)
    raise InputError(f"{path}: no masks, neither here nor in folders of sequences; give a folder that has")


def _asked_for(path: Path, name: str, layouts: Sequence[Layout]) -> Dataset:
    readers = [reader for reader in layouts if reader.name == name]
    if not readers:
        raise UsageError(f"no layout {name!r}; there are {', '.join(layout_names(layouts))}")
    for reader in readers:
        if found := reader.sequences(path):
            return _dataset(reader, path, found)
    if (combined := _combined(path, readers)) is not None:
        return combined
    wanted = "; or ".join(dict.fromkeys(reader.wants for reader in readers))
    raise UsageError(f"{path} has not the layout {name}, which needs {wanted}")


def _combined(path: Path, layouts: Sequence[Layout]) -> Dataset | None:
    """The data sets in the folders of ``path``, or in folders of these, as one, when they are of one layout."""
    known = [reader for reader in layouts if reader.name != "plain"]
    parts = [part for folder in folders(path) for part in _parts(folder, known, depth=2)]
    by_name = {reader.name: folder for reader, folder in reversed(parts)}
    if len(by_name) > 1:
        places = ", ".join(f"{name} in {by_name[name].name}" for name in dict.fromkeys(r.name for r, _ in parts))
        raise UsageError(f"{path} holds data sets of several layouts ({places}); give one of them")
    if not parts:
        return None
    sequences = [sequence for reader, folder in parts for sequence in reader.sequences(folder)]
    return _dataset(parts[0][0], path, sequences)


def _parts(folder: Path, layouts: Sequence[Layout], depth: int) -> list[tuple[Layout, Path]]:
    """The roots at or below a folder, at most ``depth`` folders deep, and their readers."""
    for reader in layouts:
        if reader.fits(folder) and reader.recognise(folder):
            return [(reader, folder)]
    inside = folders(folder) if depth > 1 else []
    return [part for child in inside for part in _parts(child, layouts, depth - 1)]


def _dataset(reader: Layout, path: Path, sequences: list[AnnotatedSequence]) -> Dataset:
    names: set[str] = set()
    for sequence in sequences:
        if sequence.name in names:
            raise InputError(f"{path} holds two sequences called {sequence.name}; give the folder of one set")
        names.add(sequence.name)
    ordered = sorted(sequences, key=lambda sequence: natural_key(sequence.name))
    return Dataset(reader.name, path, tuple(ordered), reader.stills)
