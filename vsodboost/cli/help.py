"""Help in groups: what goes in, what comes out, how, more; ``--help`` has everyday options, ``--help-all`` all."""

from __future__ import annotations

from typing import Any

import click

GROUPS = ("What goes in", "What comes out", "How", "More")
INTO, OUT, HOW, MORE = GROUPS


class GroupedOption(click.Option):
    """An option that stands in a ``group`` of the help, and with ``expert`` only in that of ``--help-all``."""

    def __init__(self, *names: Any, group: str = MORE, expert: bool = False, **settings: Any) -> None:
        super().__init__(*names, **settings)
        self.group, self.expert = group, expert


class GroupedCommand(click.Command):
    """A command whose help lists options by group."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The parameters, with ``--help-all`` beside ``--help``."""
        return [*super().get_params(ctx), _help_all(self)]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options group by group."""
        everything = bool(ctx.meta.get("help-all"))
        hidden = 0
        listed: dict[str, list[tuple[str, str]]] = {group: [] for group in GROUPS}
        for option in self.get_params(ctx):
            record = option.get_help_record(ctx)
            if record is None or not isinstance(option, click.Option):
                continue
            if getattr(option, "expert", False) and not everything:
                hidden += 1
                continue
            listed[getattr(option, "group", MORE)].append(record)
        for group, records in listed.items():
            if records:
                with formatter.section(group):
                    formatter.write_dl(records)
        if hidden:
            formatter.write_paragraph()
            formatter.write_text(f"{hidden} more options for experts: --help-all.")


def _help_all(command: click.Command) -> click.Option:
    def show(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
        if not wanted or ctx.resilient_parsing:
            return
        ctx.meta["help-all"] = True
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()

    return click.Option(
        ["--help-all"], is_flag=True, is_eager=True, expose_value=False, callback=show, help="All options, and exit."
    )


def option(*names: str, group: str = MORE, expert: bool = False, **settings: Any) -> Any:
    """Return a decorator as ``click.option`` does, for an option in a group of the help."""
    return click.option(*names, cls=GroupedOption, group=group, expert=expert, **settings)
