"""``vsodboost plugins``: what is installed, and what could not be loaded."""

from __future__ import annotations

import json
from dataclasses import asdict

import click


@click.command("plugins", short_help="List targets, flows, detectors, boosters and broken plugins.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--no-plugin", metavar="NAME", multiple=True, help="Do not load this plugin.")
def plugins_command(*, as_json: bool, no_plugin: tuple[str, ...]) -> None:
    """List everything that is registered, with the plugin that brought it, and the plugins that failed to load."""
    from vsodboost.registry.discovery import KINDS, Registry

    registry = Registry.load(no_plugin=no_plugin)
    if as_json:
        listed = {
            kind: {
                name: {
                    "plugin": e.plugin,
                    "summary": e.card.summary,
                    "argument": e.card.argument,
                    "licence": e.card.licence,
                    "paper": e.card.paper,
                    "options": dict(e.card.options),
                }
                for name, e in sorted(registry.entries[kind].items())
            }
            for kind in KINDS
        }
        click.echo(json.dumps({**listed, "broken": [asdict(b) for b in registry.broken]}, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for kind in KINDS:
        if not registry.entries[kind]:
            continue
        table = Table(title=kind.replace("_", " "), title_justify="left", box=None, pad_edge=False)
        for column in ("name", "plugin", "licence", "summary"):
            table.add_column(column, overflow="fold")
        for name, e in sorted(registry.entries[kind].items()):
            table.add_row(
                f"{name}:{e.card.argument}" if e.card.argument else name, e.plugin, e.card.licence, e.card.summary
            )
            for option, help_ in e.card.options.items():
                table.add_row("", "", "", f"  {option}=  {help_}")
        console.print(table)
        console.print()
    for broken in registry.broken:
        console.print(f"broken: {broken.plugin}: {broken.reason}", markup=False, soft_wrap=True)
