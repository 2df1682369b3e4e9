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
    from vsodboost.cli.table import print_table
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
    for kind in KINDS:
        rows = []
        for name, e in sorted(registry.entries[kind].items()):
            shown = f"{name}:{e.card.argument}" if e.card.argument else name
            rows.append((shown, e.plugin, e.card.licence, e.card.summary))
            rows += [("", "", "", f"  {option}=  {help_}") for option, help_ in e.card.options.items()]
        if rows:
            print_table(("name", "plugin", "licence", "summary"), rows, title=kind.replace("_", " "))
            click.echo()
    for broken in registry.broken:
        click.echo(f"broken: {broken.plugin}: {broken.reason}")
