"""One mixin for every value that holds something a frame: take some of its rows, put several of it together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

R = TypeVar("R", bound="Rows")
Selection = slice | NDArray[Any] | Sequence[int]


class Rows:
    """Mixin of frozen dataclasses whose fields hold T rows each: arrays, tuples, other ``Rows``, or None.

    A field with ``metadata={"whole": True}`` is no row a frame: ``take`` keeps it, ``concat`` keeps the first one's.
    """

    def take(self: R, rows: Selection) -> R:
        """Return the chosen rows: a slice (arrays then share memory), indices ``int[K]`` or a mask ``bool[T]``."""
        return replace(self, **{name: _take(getattr(self, name), rows) for name in _row_fields(self)})  # type: ignore[type-var]

    @classmethod
    def concat(cls: type[R], parts: Sequence[R]) -> R:
        """Return ``parts``, at least one, as one object, row after row; what is None in one of them must be in all."""
        if len(parts) == 1:
            return parts[0]
        together = {name: _concat([getattr(part, name) for part in parts]) for name in _row_fields(parts[0])}
        return replace(parts[0], **together)  # type: ignore[type-var]


def _row_fields(value: Any) -> list[str]:
    return [f.name for f in fields(value) if not f.metadata.get("whole")]


def _take(value: Any, rows: Selection) -> Any:
    if value is None:
        return None
    if isinstance(value, Rows):
        return value.take(rows)
    if isinstance(value, tuple):
        chosen = range(len(value))[rows] if isinstance(rows, slice) else np.arange(len(value))[np.asarray(rows)]
        return tuple(value[int(i)] for i in chosen)
    return value[rows]


def _concat(values: list[Any]) -> Any:
    if any(value is None for value in values):
        if any(value is not None for value in values):
            raise ValueError("some of the parts have a value that others lack")
        return None
    if isinstance(values[0], Rows):
        return type(values[0]).concat(values)
    if isinstance(values[0], tuple):
        return tuple(item for value in values for item in value)
    return np.concatenate(values)
