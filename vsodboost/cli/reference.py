"""The reference of the command line, written from the commands themselves.

python -m vsodboost.cli.reference > docs/cli.md
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from vsodboost.cli import cli

HEAD = """# Command line

Written by `make docs` from the commands themselves; `vsodboost COMMAND --help` says the same.
"""
TAIL = """
## Exit codes

| code | meaning |
|---|---|
| 0 | all done |
| 1 | some videos failed, each with one line on standard error; the others are done; or what it was about is not right |
| 2 | wrong use: an unknown name or option, a path that does not exist, nothing to do but overwrite results |
| 130 | interrupted; `--resume` goes on with what is left |
| 143, 129 | ended by SIGTERM (batch systems, `docker stop`) or SIGHUP; as 130. A second signal ends at once |

Where another run is writing a video's results into the same `-o`, that video fails, and the others are done; where that
leaves nothing to do, the code is 2. So it is with results that would be overwritten, which a line says: 1 where other
videos are done, 2 where nothing else is to be done.

## Completion

The shell completes commands, options and the names of plugins (`--target`, `--write overlay,al…`):

    eval "$(_VSODBOOST_COMPLETE=bash_source vsodboost)"          # in ~/.bashrc
    eval "$(_VSODBOOST_COMPLETE=zsh_source vsodboost)"           # in ~/.zshrc
    _VSODBOOST_COMPLETE=fish_source vsodboost | source           # in ~/.config/fish/config.fish

## Environment

| variable | meaning |
|---|---|
| `VSODBOOST_LOAD_PLUGINS` | entry points of other people's packages to load, comma-separated; unset: all, empty: none |
| `VSODBOOST_HOME` | where added weights lie (default: the platform's cache folder) |
| `VSODBOOST_SHIPPED` | another folder for vsodboost's own weights, such as freshly trained ones |
"""


def reference() -> str:
    """The reference as Markdown, one section a command."""
    sections = [
        _section(command, context) for command, context in _walk(cli, click.Context(cli, info_name="vsodboost"))
    ]
    return HEAD + "".join(sections) + TAIL


def _walk(command: click.Command, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    yield command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from _walk(inner, click.Context(inner, info_name=name, parent=context))


def _section(command: click.Command, context: click.Context) -> str:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    lines = [f"\n## {context.command_path}", "", f"    {usage}", "", *_paragraphs(command.help or ""), ""]
    # Without --help: click remembers a command's help option from its first use, with or without -h.
    options = [p.get_help_record(context) for p in command.params if isinstance(p, click.Option)]
    if options:
        lines += ["| option | |", "|---|---|"]
        lines += [f"| `{_cell(record[0])}` | {_cell(record[1])} |" for record in options if record is not None]
    if isinstance(command, click.Group):
        lines += ["", "| command | |", "|---|---|"]
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                lines.append(f"| `{name}` | {_cell(inner.get_short_help_str(200))} |")
    return "\n".join(lines) + "\n"


def _paragraphs(text: str) -> list[str]:
    """The help as Markdown: click's unwrapped blocks become code."""
    parts = []
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        if paragraph.startswith("\b"):
            parts.append("\n".join(f"    {line}" for line in paragraph.removeprefix("\b").strip("\n").splitlines()))
        else:
            parts.append(" ".join(paragraph.split()))
    return "\n\n".join(parts).splitlines()


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    print(reference(), end="")
