"""Options as a user types them (``--flow-option NAME=VALUE``), read for plugins: a wrong value says which are right."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from vsodboost.data.errors import UsageError

Numbers = tuple[float, float, float]
Default = TypeVar("Default")


class Options:
    """The options of a request; ``label`` stands before NAME=VALUE in refusals: "--flow-option", "onnx:FILE: option".

    Every reader raises UsageError for a value that makes no sense, and gives the default where there is none.
    """

    def __init__(self, values: Mapping[str, str], label: str) -> None:
        self._values = values
        self._label = label

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str, default: Default) -> str | Default:
        """The value as it was typed."""
        return self._values.get(name, default)

    def choice(self, name: str, allowed: Sequence[str], default: str | None = None) -> str:
        """One of ``allowed``, whose first is the default where no other is named."""
        value = self._values.get(name, allowed[0] if default is None else default)
        if value not in allowed:
            raise self.refusal(name, f"one of {', '.join(allowed)}")
        return value

    def switch(self, name: str, default: bool = False) -> bool:
        """on or off."""
        return self.choice(name, ("off", "on"), "on" if default else "off") == "on"

    def whole(self, name: str, default: Default, least: int = 1) -> int | Default:
        """A whole number of at least ``least``."""
        value = self._values.get(name)
        if value is None:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) < least:
            raise self.refusal(name, f"a whole number of at least {least}")
        return int(value)

    def share(self, name: str, default: float) -> float:
        """A number from 0 to 1."""
        value = self._number(name)
        if value is not None and not 0 <= value <= 1:
            raise self.refusal(name, "a number from 0 to 1")
        return default if value is None else value

    def number(self, name: str, default: Default, *, positive: bool = False) -> float | Default:
        """A finite number of at least 0, or above 0 where it is to be ``positive``."""
        value = self._number(name)
        if value is None:
            return default
        if not 0 <= value < float("inf") or (positive and value == 0):
            raise self.refusal(name, "a number above 0" if positive else "a number of at least 0")
        return value

    def three(self, name: str, default: Numbers, *, positive: bool = False) -> Numbers:
        """Three finite numbers, one a colour channel, with commas between; one number stands for all three."""
        given = self._values.get(name)
        if given is None:
            return default
        try:
            values = [float(part) for part in given.split(",")]
        except ValueError:
            values = []
        if len(values) == 1:
            values *= 3
        finite = all(abs(value) < float("inf") for value in values)
        if len(values) != 3 or not finite or (positive and min(values) <= 0):
            above = " above 0" if positive else ""
            raise self.refusal(name, f"one or three numbers{above} with commas between, such as 0.485,0.456,0.406")
        return values[0], values[1], values[2]

    def size(self, name: str, *, square: bool = False) -> tuple[int, int] | None:
        """(H, W) in px from ``480x640``, or from ``640`` where one number may stand for both; None when not given."""
        given = self._values.get(name)
        if given is None:
            return None
        found = re.fullmatch(r"([1-9][0-9]*)(?:x([1-9][0-9]*))?", given.lower())
        if found is None or (found[2] is None and not square):
            raise self.refusal(name, "HxW in px, as 352x352" + (", or one number for both" if square else ""))
        return int(found[1]), int(found[2] or found[1])

    def refusal(self, name: str, wanted: str) -> UsageError:
        """What to raise when the option ``name`` is none of what is ``wanted``."""
        return UsageError(f"{self._label} {name}={self._values.get(name, '')}: must be {wanted}")

    def _number(self, name: str) -> float | None:
        if name not in self._values:
            return None
        try:
            return float(self._values[name])
        except ValueError:
            return float("nan")
