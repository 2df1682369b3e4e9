"""Where the videos of a run are worked on. ``local``: here, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsodboost.data.cards import Card
from vsodboost.registry.hookspecs import RegisterExecutor, hookimpl
from vsodboost.registry.interfaces import Request

if TYPE_CHECKING:
    from vsodboost.pipeline.executors.local import Local


def build_local(request: Request) -> Local:
    """Return the executor that works here."""
    from vsodboost.pipeline.executors.local import Local

    return Local()


@hookimpl
def vsodboost_register_executors(register: RegisterExecutor) -> None:
    register("local", build_local, Card(summary="in this process, one video after another (default)"))
