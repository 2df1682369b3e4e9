"""``vsodboost plugins``: what is installed, a line each; one plugin in full; and what could not be loaded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from vsodboost.cli.streams import answer, answering

if TYPE_CHECKING:
    from vsodboost.registry.discovery import Registry

OPTION = {
    "targets": "--target-option",
    "flows": "--flow-option",
    "detectors": "--detector-option",
    "boosters": "--booster-option",
    "writers": "--write-option",
}
"""How a kind's options are given."""


@click.command("plugins", short_help="List what there is; with a NAME, what it is and its options.")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--no-plugin", metavar="NAME", multiple=True, help="Do not load this plugin.")
@answering
def plugins_command(name: str | None, *, as_json: bool, no_plugin: tuple[str, ...]) -> None:
    """List everything that is registered, a line each, and the plugins that failed to load.

    With a NAME (lite, alpha, mqp ...), say all that is known of it: its options, licence, paper and weights.

    Exit code: 0 all said, 2 no plugin of that name.
    """
    from vsodboost.registry.discovery import KINDS, Registry

    registry = Registry.load(no_plugin=no_plugin)
    if name is not None:
        _one(registry, name.partition(":")[0], as_json)
        return
    if as_json:
        listed = {kind: {n: _facts(e) for n, e in sorted(registry.entries[kind].items())} for kind in KINDS}
        answer(json.dumps({**listed, "broken": [asdict(b) for b in registry.broken]}, indent=1))
        return
    from vsodboost.cli.table import print_table

    for kind in KINDS:
        rows = [
            (_shown(name, e), e.plugin, e.card.licence, e.card.summary + (" *" if e.card.options else ""))
            for name, e in sorted(registry.entries[kind].items())
        ]
        if rows:
            print_table(("name", "plugin", "licence", "summary"), rows, title=kind.replace("_", " "))
            answer()
    answer("* has options: vsodboost plugins NAME")
    for broken in registry.broken:
        answer(f"broken: {broken.plugin}: {broken.reason}")


def _one(registry: Registry, name: str, as_json: bool) -> None:
    """Say everything of the plugins of that name, of whatever kind."""
    found = [(kind, entries[name]) for kind, entries in registry.entries.items() if name in entries]
    if not found:
        import difflib

        from vsodboost.data.errors import UnknownPlugin

        known = {other for entries in registry.entries.values() for other in entries}
        near = difflib.get_close_matches(name, known, n=3)
        mend = f"did you mean {' or '.join(near)}?" if near else "vsodboost plugins lists them all"
        raise UnknownPlugin(f"no plugin is called '{name}'; {mend}")
    if as_json:
        answer(json.dumps({kind: _facts(entry) for kind, entry in found}, indent=1))
        return
    for kind, entry in found:
        answer("\n".join(_in_full(kind, name, entry)))


def _in_full(kind: Any, name: str, entry: Any) -> Iterator[str]:
    from vsodboost.registry.discovery import SINGULAR

    card = entry.card
    yield f"{SINGULAR[kind]} {_shown(name, entry)}: {card.summary}"
    yield f"  plugin   {entry.plugin}"
    yield f"  licence  {card.licence}"
    if card.paper:
        yield f"  paper    {card.paper}"
    if card.weights is not None:
        weights = card.weights
        yield f"  weights  {weights.file}, {weights.published or weights.made_by} ({weights.licence})"
    for option, words in card.options.items():
        yield f"  {OPTION.get(kind, '--option')} {option}=...  {words}"


def _shown(name: str, entry: Any) -> str:
    return f"{name}:{entry.card.argument}" if entry.card.argument else name


def _facts(entry: Any) -> dict[str, Any]:
    card = entry.card
    return {
        "plugin": entry.plugin,
        "summary": card.summary,
        "argument": card.argument,
        "licence": card.licence,
        "paper": card.paper,
        "options": dict(card.options),
    }
