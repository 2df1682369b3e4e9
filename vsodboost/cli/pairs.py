"""Options that take ``NAME=VALUE``, and may be given several times."""

from __future__ import annotations

from collections.abc import Sequence

from vsodboost.data.errors import UsageError


def pairs(values: Sequence[str], option: str) -> dict[str, str]:
    """Return ``NAME=VALUE`` texts as a dictionary; ``option`` is named. Raises UsageError for anything else."""
    found = {}
    for value in values:
        name, sign, setting = value.partition("=")
        if not sign or not name:
            raise UsageError(f"{option} {value} is no NAME=VALUE")
        found[name.strip()] = setting.strip()
    return found
