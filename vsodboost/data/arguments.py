"""Arguments of the Python API: what is plainly meant is taken (numpy's numbers, a Path), all else is refused in a line
that says the name, what was given and what is expected."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Any, TypeVar

from vsodboost.data.errors import UsageError, a_type
from vsodboost.data.texts import brief, is_typed

Item = TypeVar("Item")
LARGEST = 10**9


def refusal(name: str, value: Any, expected: str) -> UsageError:
    """Return what to raise where ``value`` is not what is ``expected``; each of these functions raises it."""
    return UsageError(f"{name}: {_shown(value)}; expected {expected}")


def text(name: str, value: Any, expected: str = "a text on one line") -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value or not is_typed(value):
        raise refusal(name, value, expected)
    return str(value)


def flag(name: str, value: Any) -> bool:
    """True or False."""
    if not _is_flag(value):
        raise refusal(name, value, "True or False")
    return bool(value)


def whole(name: str, value: Any, least: int = 1, most: int = LARGEST) -> int:
    """A whole number from ``least`` to ``most``."""
    if _is_flag(value) or not isinstance(value, Integral) or not least <= int(value) <= most:
        many = f"of at least {least}" if most == LARGEST else f"from {least} to {most}"
        raise refusal(name, value, f"a whole number {many}")
    return int(value)


def number(name: str, value: Any) -> float:
    """A number; infinity is one, NaN is none."""
    given: Any = value
    if _is_flag(value) or not isinstance(value, Real):
        raise refusal(name, value, "a number")
    try:
        found = float(value)
    except OverflowError:  # a whole number of hundreds of digits
        found = math.inf if given > 0 else -math.inf
    if math.isnan(found):
        raise refusal(name, value, "a number")
    return found


def positive(name: str, value: Any) -> float:
    """A finite number above 0."""
    found = number(name, value)
    if not 0 < found < math.inf:
        raise refusal(name, value, "a number above 0")
    return found


def path(name: str, value: Any) -> Path:
    """A path, as text or as a Path."""
    found = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(found, str) or not found or "\0" in found:
        raise refusal(name, value, "a path")
    return Path(found)


def choice(name: str, value: Any, among: Sequence[str]) -> str:
    """One of some words."""
    if not isinstance(value, str) or value not in among:
        raise refusal(name, value, " or ".join(among))
    return value


def several(name: str, value: Any, count: int, check: Callable[[str, Any], Item]) -> tuple[Item, ...]:
    """So many things, each of which passes its ``check``."""
    try:
        found = tuple(value)
    except Exception:  # no sequence, or somebody's own that fails
        found = ()
    if len(found) != count or isinstance(value, (str, bytes)):
        raise refusal(name, value, f"{count} numbers")
    return tuple(check(name, item) for item in found)


def options(name: str, value: Any, but: Sequence[str] = ()) -> dict[str, Any]:
    """Options of a plugin: a text for each name, as it would be typed; numbers, paths and flags are written so. The
    values of those that are ``but`` named stay as they are."""
    if not isinstance(value, Mapping):
        raise refusal(name, value, "{'name': 'value'}")
    found: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise refusal(f"{name}, the key {brief(repr(key))}", key, "a text")
        found[key] = item if key in but else _typed(f"{name}['{key}']", item)
    return found


def _typed(name: str, value: Any) -> str:
    if _is_flag(value):
        return "on" if value else "off"
    if isinstance(value, os.PathLike):
        return str(path(name, value))
    if isinstance(value, Real):
        return str(int(value) if isinstance(value, Integral) else float(value))
    if not isinstance(value, str) or not is_typed(value):
        raise refusal(name, value, "a text, a number or a path")
    return str(value)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool) or type(value).__name__ in ("bool", "bool_")


def _shown(value: Any) -> str:
    """What was given, in a few words: an array by its type and shape."""
    if hasattr(value, "dtype") and len(getattr(value, "shape", ())):
        return f"{value.dtype}{list(value.shape)} was given"
    if value is None or isinstance(value, (str, int, float, tuple, list, dict, os.PathLike)) or _is_flag(value):
        try:
            return f"{brief(repr(value))} was given"
        except Exception:  # a number of thousands of digits, or somebody's own repr
            pass
    return f"{a_type(value)} was given"
