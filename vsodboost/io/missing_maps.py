"""Frames without a map: which videos are boosted all the same, and what the user is told.

Models that need the next frame's flow have no map for a video's last frame, some none for its first; sparse sets have
one for every N-th frame. Where more is missing than such reasons explain, the folder is more likely the wrong one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError

Policy = Literal["auto", "fill", "fail"]
SHARE = 0.2
"""Part of a video's frames that may be without a map where they follow no pattern; two frames always may."""
LONGEST_STEP = 30
"""A map for every N-th frame, N up to this, is a sparse set."""


class MissingMaps:
    """Follows one video after another: which of its frames have maps. ``notes`` is what to say of the present one."""

    def __init__(self, policy: Policy = "auto") -> None:
        self.policy = policy
        self.notes: list[str] = []
        self._has: list[bool] = []
        self._names: list[str] = []

    def checkpoint(self) -> dict[str, Any]:
        """Return what was seen of the present video, as plain values."""
        return {"has": np.array(self._has, bool), "names": list(self._names), "notes": list(self.notes)}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on with what ``checkpoint`` gave."""
        self._has, self._names, self.notes = saved["has"].tolist(), list(saved["names"]), list(saved["notes"])

    def seen(self, first: int, names: Sequence[str], has: NDArray[np.bool_], video: str) -> NDArray[np.bool_]:
        """Take in that frames ``names`` of a video, from index ``first`` on, have maps or not, and return ``has``.

        Raises:
            InputError: too many of the frames seen so far have none.
        """
        if first == 0:
            self._has, self._names = [], []
        self._has, self._names = self._has[:first] + has.tolist(), self._names[:first] + list(names)
        self.notes = self.judged(np.array(self._has, bool), self._names, video)
        return has

    def judged(self, has: NDArray[np.bool_], names: Sequence[str], video: str) -> list[str]:
        """Return what to say of a video whose frames ``names`` have maps as ``has`` bool[T] says.

        Raises:
            InputError: too many have none: which is the first, and how many have one.
        """
        if has.all():
            return []
        count, first = int((~has).sum()), names[int(np.argmin(has))]
        if self.policy == "fail" or (self.policy == "auto" and not (is_sparse(has) or count <= allowed(len(has)))):
            raise InputError(
                f"no map for frame {first} of {video!r}: {len(has) - count} of {len(has)} frames have one; "
                "add the others, or leave them to the student with --missing fill"
            )
        return [
            f"no map for {count} of {len(has)} frames (the first is {first}); there the student alone speaks, "
            "flagged no_target"
        ]


def allowed(count: int) -> int:
    """Return how many of ``count`` frames may be without a map where no pattern explains it."""
    return max(2, int(SHARE * count))


def is_sparse(has: NDArray[np.bool_]) -> bool:
    """Return whether every N-th frame has a map and no other, from one of the first N frames to one of the last."""
    places = np.flatnonzero(has)
    if len(places) < 2:
        return False
    step = int(places[1] - places[0])
    regular = 1 < step <= LONGEST_STEP and bool((np.diff(places) == step).all())
    return regular and places[0] < step and len(has) - 1 - places[-1] < step
