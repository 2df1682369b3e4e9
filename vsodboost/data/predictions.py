"""What the student says of a scene."""

from __future__ import annotations

from dataclasses import dataclass

from vsodboost.data.rows import Rows
from vsodboost.data.types import Maps


@dataclass(frozen=True)
class Predictions(Rows):
    """Maps ``float32[T, h, w]`` of the student: ``unguided``, without the target's map, and ``guided`` by it."""

    unguided: Maps
    guided: Maps

    def __len__(self) -> int:
        return len(self.unguided)
