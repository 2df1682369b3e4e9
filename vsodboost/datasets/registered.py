"""The layouts that plugins registered, as readers to be tried one after another; a stranger's are guarded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vsodboost.data.errors import PluginError, a_type
from vsodboost.datasets.layout import Layout
from vsodboost.datasets.reading import LAYOUTS
from vsodboost.datasets.sequence import AnnotatedSequence, Truth
from vsodboost.registry.discovery import Registry
from vsodboost.registry.guard import guarded


def registered_layouts(registry: Registry) -> tuple[Layout, ...]:
    """Return the readers of every registered layout: strangers' first, since ours take what is left, then ours in the
    order of ``LAYOUTS``.

    Raises:
        PluginError: a factory failed, or returned something else than layouts of the name it registered.
    """
    theirs: list[Layout] = []
    ours: list[Layout] = []
    for name, entry in registry.entries["layouts"].items():
        built, _ = registry.build("layouts", name)
        plugin = f"layout '{name}' (plugin {entry.plugin})"
        for reader in built if isinstance(built, tuple) else (built,):
            if not isinstance(reader, Layout):
                raise PluginError(f"{plugin}: its factory returned {a_type(reader)}; expected a vsodboost.Layout")
            if (given := getattr(reader, "name", "")) != name:  # a subclass may have forgotten super().__init__
                raise PluginError(f"{plugin}: its factory returned the layout '{given}'; give it the name it registers")
            if any(reader is own for own in LAYOUTS):
                ours.append(reader)
            else:
                theirs.append(GuardedLayout(reader, entry.plugin))
    return (*theirs, *(own for own in LAYOUTS if any(own is reader for reader in ours)))


class GuardedLayout(Layout):
    """A stranger's reader: what it raises, or returns that is no list of sequences, names the plugin."""

    def __init__(self, reader: Layout, entry_point: str) -> None:
        super().__init__(reader.name, reader.wants)
        self.stills = reader.stills
        self._reader, self._entry_point = reader, entry_point
        self._plugin = f"layout '{reader.name}' (plugin {entry_point})"

    def fits(self, root: Path) -> bool:
        """Ask the reader."""
        with self._guarded("on", root):
            return bool(self._reader.fits(root))

    def recognise(self, path: Path) -> bool:
        """Ask the reader."""
        with self._guarded("on", path):
            return bool(self._reader.recognise(path))

    def read(self, root: Path, within: Path) -> list[AnnotatedSequence]:
        """Ask the reader, and look at what it gives."""
        with self._guarded("reading", root):
            found = self._reader.read(root, within)
        return self._checked(found)

    def sequences(self, path: Path) -> list[AnnotatedSequence]:
        """Ask the reader, and look at what it gives."""
        with self._guarded("reading", path):
            found = self._reader.sequences(path)
        return self._checked(found)

    @contextmanager
    def _guarded(self, doing: str, path: Path) -> Iterator[None]:
        try:
            with guarded(self._plugin, f"{doing} {path}", of=self._reader):
                yield
        except PluginError as error:
            raise PluginError(f"{error}; leave it out with --no-plugin {self._entry_point}") from error

    def _checked(self, found: Any) -> list[AnnotatedSequence]:
        if not isinstance(found, (list, tuple)):
            raise PluginError(f"{self._plugin} returned {a_type(found)}; expected a list of AnnotatedSequence")
        for sequence in found:
            if not isinstance(sequence, AnnotatedSequence):
                raise PluginError(f"{self._plugin} returned {a_type(sequence)}; expected an AnnotatedSequence")
            masks = [file for truth in sequence.truths if isinstance(truth, Truth) for file in truth.files]
            if not all(isinstance(file, Path) for file in (*sequence.frames, *masks)):
                raise PluginError(f"{self._plugin}: frames and masks of {sequence.name} are to be of type pathlib.Path")
            if not all(isinstance(truth, Truth) and truth.files for truth in sequence.truths):
                raise PluginError(
                    f"{self._plugin}: the truth of {sequence.name} is to be of Truth with a file at least"
                )
        return list(found)
