"""Reading ``--flow-option NAME=VALUE`` and ``--detector-option NAME=VALUE``: a wrong value says which are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vsodboost.data.errors import UsageError
from vsodboost.registry.interfaces import Request


@dataclass(frozen=True)
class Options:
    """The options of a request; ``flag`` is what the user typed them after. Every reader raises UsageError."""

    request: Request
    flag: str

    def text(self, name: str) -> str | None:
        """The value as it was given, None when it was not."""
        return self.request.options.get(name)

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        """One of ``allowed``."""
        value = self.request.options.get(name, default)
        if value not in allowed:
            raise self._wrong(name, f"must be one of {', '.join(allowed)}")
        return value

    def whole(self, name: str, default: int, least: int = 1) -> int:
        """A whole number of at least ``least``."""
        try:
            value = int(self.request.options.get(name, default))
        except ValueError:
            value = least - 1
        if value < least:
            raise self._wrong(name, f"must be a whole number of at least {least}")
        return value

    def share(self, name: str, default: float) -> float:
        """A number from 0 to 1."""
        try:
            value = float(self.request.options.get(name, default))
        except ValueError:
            value = -1.0
        if not 0 <= value <= 1:
            raise self._wrong(name, "must be a number from 0 to 1")
        return value

    def three(self, name: str, default: tuple[float, float, float]) -> tuple[float, float, float]:
        """Three finite numbers, one a colour channel, with commas between; one number stands for all three."""
        given = self.request.options.get(name)
        if given is None:
            return default
        try:
            values = [float(part) for part in given.split(",")]
        except ValueError:
            values = []
        if len(values) == 1:
            values *= 3
        if len(values) != 3 or not all(abs(value) < float("inf") for value in values):
            raise self._wrong(name, "must be three numbers with commas between, such as 0.485,0.456,0.406")
        return values[0], values[1], values[2]

    def size(self, name: str) -> tuple[int, int] | None:
        """(H, W) in px from ``640`` or ``480x640``; None when it was not given."""
        given = self.request.options.get(name)
        if given is None:
            return None
        parts = given.lower().split("x")
        if len(parts) > 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
            raise self._wrong(name, "must be a size in px such as 640, or HEIGHTxWIDTH")
        return int(parts[0]), int(parts[-1])

    def _wrong(self, name: str, what: str) -> UsageError:
        return UsageError(f"{self.flag} {name}={self.request.options.get(name)}: {what}")
