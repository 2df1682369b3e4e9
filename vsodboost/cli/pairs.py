"""Options that may be given several times: of ``NAME=VALUE``, and lists of names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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


def names_in(lists: Iterable[str]) -> list[str]:
    """Return the names in several lists, ``A,B`` each, in their order."""
    return [name.strip() for listed in lists for name in listed.split(",") if name.strip()]
