from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from vsodboost.cli import COMMANDS, SHORT_HELP, cli
from vsodboost.cli.reference import _walk, reference

DOCS = Path(__file__).resolve().parents[2] / "docs" / "cli.md"


def test_the_reference_is_up_to_date() -> None:
    assert DOCS.read_text(encoding="utf-8") == reference(), "docs/cli.md is stale: run 'make docs'"


def test_it_has_every_command_and_option() -> None:
    text = reference()
    assert all(f"\n## vsodboost {name}\n" in text for name in COMMANDS)
    assert "\n## vsodboost weights export\n" in text
    for word in ("`-t, --target NAME`", "`--dry-run`", "maps:DIR", "`--protocol [all\\|davsod]`"):
        assert word in text


def test_help_needs_no_torch() -> None:
    code = """
import sys
from vsodboost.cli import main
try:
    main(sys.argv[1:])
finally:
    assert "torch" not in sys.modules
"""
    for arguments in (["--help"], ["wrap", "--help"], ["eval", "--help"], ["plugins", "--help"], ["--version"]):
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout and not done.stderr


def test_short_help_is_that_of_the_commands() -> None:
    context = click.Context(cli)
    commands = {name: cli.get_command(context, name) for name in COMMANDS}
    assert {name: c.get_short_help_str(100) for name, c in commands.items() if c is not None} == SHORT_HELP


def test_every_command_that_does_something_says_its_exit_codes() -> None:
    commands = [(context.command_path, command) for command, context in _walk(cli, click.Context(cli))]
    silent = [path for path, c in commands if not isinstance(c, click.Group) and "Exit code: 0 " not in (c.help or "")]
    assert silent == []
