"""Boosters: what to learn from. Each registers through the same hook as a stranger's."""

from __future__ import annotations

from vsodboost.boosters import mqp
from vsodboost.hookspecs import RegisterBooster, hookimpl


@hookimpl
def vsodboost_register_boosters(register: RegisterBooster) -> None:
    register("mqp", mqp.build, mqp.CARD)
