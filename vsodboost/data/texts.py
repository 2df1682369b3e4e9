"""Texts that others wrote: JSON that fails in one way only, and a piece of it short enough for a message; and words of
our own that are said in several places."""

from __future__ import annotations

import json
from typing import Any

SHOWN = 80
"""Characters of somebody's text that a message quotes."""


def json_value(text: str | bytes) -> Any:
    """Return what a JSON text says. Raises ValueError for whatever is none, what is nested too deeply included."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def is_typed(text: str) -> bool:
    """Return whether somebody may have typed a text: it holds no zero character and no line break."""
    return {"\0", "\n", "\r"}.isdisjoint(text)


def brief(text: object) -> str:
    """Return a text on one line, and its beginning alone where it is long."""
    words = " ".join(str(text).split())
    return words if len(words) <= SHOWN else f"{words[:SHOWN]}... ({len(words)} characters)"


def rise(before: float | None, after: float) -> str:
    """Return how trust rose from the target's maps (None: it has none) to the final ones."""
    return f"{'none' if before is None else f'{before:.2f}'} -> {after:.2f}"
