"""Times and sizes as people type them: ``--from 1:15``, ``--size 480p``."""

from __future__ import annotations

from typing import Any

import click

from vsodboost.io.part import seconds_of, size_of


class Time(click.ParamType):  # type: ignore[type-arg]
    """Seconds, or hours, minutes and seconds between colons."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds."""
        if isinstance(value, (int, float)):
            return float(value)
        seconds = seconds_of(str(value))
        if seconds is None:
            self.fail(f"'{value}' is no time; give seconds (75.5) or 1:15.5", param, ctx)
        return seconds


class Size(click.ParamType):  # type: ignore[type-arg]
    """``640`` (the long side), ``640x360`` or ``480p`` (the short side)."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text, when it is a size."""
        text = size_of(str(value))
        if text is None:
            self.fail(f"'{value}' is no size; give 640, 640x360 or 480p", param, ctx)
        return text


TIME, SIZE = Time(), Size()
