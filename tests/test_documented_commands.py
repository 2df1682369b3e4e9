"""Every ``vsodboost`` command in README and docs is one that the command line takes: names, options, values."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from vsodboost.cli import cli

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted(page for page in (ROOT / "docs").rglob("*.md") if page.name != "cli.md")]


def commands(text: str) -> list[str]:
    """The command lines within blocks of code, continued lines put together, comments and redirections left out."""
    found = []
    blocks = re.findall(r"^```(?:sh|bash|console|)\n(.*?)^```", text, re.M | re.S)
    indented = re.findall(r"(?:^    .*\n)+", text, re.M)
    for block in [*blocks, *(re.sub(r"^    ", "", part, flags=re.M) for part in indented)]:
        for line in block.replace("\\\n", " ").splitlines():
            match = re.match(r"^(?:\$ )?(?:\S*/)?vsodboost ([^#|>&;]*)", line.strip())
            if match and "…" not in match[1] and "..." not in match[1]:
                found.append(match[1].strip())
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_of_a_page_are_understood(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command in commands(page.read_text(encoding="utf-8")):
        words = [word for word in shlex.split(command) if not re.fullmatch(r"\[.*\]", word)]
        context: click.Context = click.Context(cli, info_name="vsodboost")
        current: click.Command = cli
        while isinstance(current, click.Group) and words and not words[0].startswith("-"):
            name = words.pop(0)
            following = current.get_command(context, name)
            assert following is not None, f"{page.name}: vsodboost {command}: no command '{name}'"
            current = following
        parser = current.make_parser(context)
        try:
            parser.parse_args(list(words))
        except click.UsageError as error:
            raise AssertionError(f"{page.name}: vsodboost {command}: {error.format_message()}") from error


def test_commands_are_found() -> None:
    text = "```sh\nvsodboost wrap a.mp4 \\\n  -o out   # so\n```\n\n    vsodboost eval DAVIS out > figures\n"
    assert commands(text) == ["wrap a.mp4    -o out", "eval DAVIS out"]
    assert len(commands((ROOT / "README.md").read_text(encoding="utf-8"))) >= 8
