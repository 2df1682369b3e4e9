"""Reading ``--flow-option NAME=VALUE``: a wrong value says which values are right."""

from __future__ import annotations

from collections.abc import Sequence

from vsodboost.errors import UsageError
from vsodboost.interfaces import Request


def choice(request: Request, name: str, allowed: Sequence[str], default: str) -> str:
    """The option's value, one of ``allowed``; UsageError for any other."""
    value = request.options.get(name, default)
    if value not in allowed:
        raise UsageError(f"--flow-option {name}={value}: must be one of {', '.join(allowed)}")
    return value


def whole_number(request: Request, name: str, default: int, least: int = 1) -> int:
    """The option's value as an int of at least ``least``; UsageError for anything else."""
    text = request.options.get(name, str(default))
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if value < least:
        raise UsageError(f"--flow-option {name}={text}: must be a whole number of at least {least}")
    return value


def real_number(request: Request, name: str, default: float, above: float = 0.0) -> float:
    """The option's value as a float greater than ``above``; UsageError for anything else."""
    text = request.options.get(name, str(default))
    try:
        value = float(text)
    except ValueError:
        value = above
    if not above < value < float("inf"):
        raise UsageError(f"--flow-option {name}={text}: must be a number greater than {above:g}")
    return value
