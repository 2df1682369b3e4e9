"""Times and sizes as people type them: ``--from 1:15``, ``--size 480p``."""

from __future__ import annotations

import math
import re
from typing import Any

import click


class Time(click.ParamType):  # type: ignore[type-arg]
    """Seconds, or hours, minutes and seconds between colons."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds."""
        if isinstance(value, (int, float)):
            return float(value)
        parts = str(value).strip().split(":")
        try:
            numbers = [float(part) for part in parts]
        except ValueError:
            numbers = [math.nan]
        if (
            len(numbers) > 3
            or not all(math.isfinite(n) and n >= 0 for n in numbers)
            or any(n >= 60 for n in numbers[1:])
        ):
            self.fail(f"'{value}' is no time; give seconds (75.5) or 1:15.5", param, ctx)
        return sum(number * 60.0**place for place, number in enumerate(reversed(numbers)))


class Size(click.ParamType):  # type: ignore[type-arg]
    """``640`` (the long side), ``640x360`` or ``480p`` (the short side)."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text, when it is a size."""
        text = str(value).strip().lower()
        if not re.fullmatch(r"[1-9]\d{0,4}(x[1-9]\d{0,4}|p)?", text):
            self.fail(f"'{value}' is no size; give 640, 640x360 or 480p", param, ctx)
        return text


TIME, SIZE = Time(), Size()
