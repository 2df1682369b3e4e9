"""Names that a shell completes: plugins of each kind, several writers between commas."""

from __future__ import annotations

from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

from vsodboost.cli.streams import others_kept_off

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def names(kind: str, *, several: bool = False) -> Complete:
    """Return what completes an option that takes a name of ``kind`` (``targets``, ``writers`` ...), or ``several``."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from vsodboost.registry.discovery import Registry

        before, comma, begun = incomplete.rpartition(",") if several else ("", "", incomplete)
        with others_kept_off():  # the shell reads standard output
            entries = Registry.load().entries[kind]  # type: ignore[index]
        return [
            CompletionItem(f"{before}{comma}{name}{_colon(entry.card.argument)}", help=entry.card.summary)
            for name, entry in sorted(entries.items())
            if name.startswith(begun)
        ]

    return complete


def _colon(argument: str) -> str:
    """What follows a name that needs an argument."""
    return ":" if argument and not argument.startswith("[") else ""
