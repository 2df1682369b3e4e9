"""Image files that are read to decide how a sequence is read stay in memory until they are read for good."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from vsodboost.io.raw_image import RawImage, read_raw

BUDGET = 1 << 27
"""Bytes of pixels: the samples of about seven sequences of 854x480 with their truth."""


@dataclass
class _Held:
    left: int
    images: dict[Path, RawImage] = field(default_factory=dict)


_held: ContextVar[_Held | None] = ContextVar("held", default=None)


@contextmanager
def held_files(budget: int = BUDGET) -> Iterator[None]:
    """Within the block files that were looked at are not read again, as far as ``budget`` bytes hold them."""
    token = _held.set(_Held(budget))
    try:
        yield
    finally:
        _held.reset(token)


def look_at(file: Path) -> RawImage:
    """Read a file that will be read again; see ``read_raw``."""
    held = _held.get()
    if held is None:
        return read_raw(file)
    if file not in held.images:
        image = read_raw(file)
        if image.size > held.left:
            return image
        held.left -= image.size
        held.images[file] = image
    return held.images[file]


def read(file: Path) -> RawImage:
    """Read a file for good; see ``read_raw``."""
    held = _held.get()
    if held is None or file not in held.images:
        return read_raw(file)
    image = held.images.pop(file)
    held.left += image.size
    return image


class RawFiles:
    """Image files that are gone through several times: as many stay in memory as ``budget`` bytes hold, the others are
    read again."""

    def __init__(self, files: Sequence[Path], budget: int = 1 << 26) -> None:
        self.files = tuple(files)
        self._left = budget
        self._held: dict[Path, RawImage] = {}

    def __iter__(self) -> Iterator[RawImage]:
        for file in self.files:
            image = self._held.get(file) or look_at(file)
            if file not in self._held and image.size <= self._left:
                self._left -= image.size
                self._held[file] = image
            yield image
