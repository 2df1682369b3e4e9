"""The command line: one file a command, each imported only when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from vsodboost.cli.signals import Ended, handled
from vsodboost.cli.streams import OutputLost, prepared
from vsodboost.data.errors import VsodboostError, WeightsError
from vsodboost.io.unfinished import remove_unfinished
from vsodboost.version import __version__

_INTERRUPTED = 130
WITHOUT = "until then: --target lite (the embedded model), maps:DIR (maps that you have) or onnx:FILE"

COMMANDS = {
    "wrap": ("vsodboost.cli.wrap", "wrap_command"),
    "merge": ("vsodboost.cli.merge", "merge_command"),
    "eval": ("vsodboost.cli.eval", "eval_command"),
    "bench": ("vsodboost.cli.bench", "bench_command"),
    "plugins": ("vsodboost.cli.plugins", "plugins_command"),
    "train": ("vsodboost.cli.train", "train"),
    "weights": ("vsodboost.cli.weights", "weights"),
    "labels": ("vsodboost.cli.labels", "labels"),
    "doctor": ("vsodboost.cli.doctor", "doctor_command"),
    "report": ("vsodboost.cli.report", "report_command"),
    "studio": ("vsodboost.cli.studio", "studio_command"),
}
SHORT_HELP = {
    "wrap": "Boost a target model on videos.",
    "merge": "Make one result of the parts of a run (--shard).",
    "eval": "Score saliency maps against truth.",
    "bench": "Measure what a boost costs on this machine.",
    "plugins": "List what there is; with a NAME, what it is and its options.",
    "train": "Train a network on annotated data.",
    "weights": "Add, list and check the weights of models.",
    "labels": "Find the frames whose labels would help most; make pseudo-labels for a data set.",
    "doctor": "Check this installation; a block for bug reports.",
    "report": "Make pages of results to look at.",
    "studio": "Paint a few frames in the browser and boost again.",
}
"""What ``--help`` says of each command, so that none is imported for it."""
_HEAVY = {"wrap", "eval", "train", "labels", "bench"}
"""Commands that run networks or go through whole data sets."""


class _Passed(Exception):
    """Carries what a command raised past click."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


class Commands(click.Group):
    """A group whose commands are imported when they are named, so that ``--help`` needs no torch."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their short help."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, SHORT_HELP[name]) for name in COMMANDS if name in SHORT_HELP])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, OSError) as error:  # click has answers of its own to these
            raise _Passed(error) from error

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            if near:
                ctx.fail(f"no command is called '{args[0]}'; did you mean {near[0]}?")
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from vsodboost.cli.mends import not_a_command

            meant = not_a_command(args[0])
            if meant:
                ctx.fail(f"'{args[0]}' is no command; did you mean: {meant}")
        return super().resolve_command(ctx, args)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="vsodboost")
@click.option("--debug", is_flag=True, help="Show tracebacks of errors.")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Boost any video salient object detection model on your own video, without labels.

    \b
    vsodboost wrap clip.mp4 -o out                              boost the embedded model
    vsodboost wrap --target maps:my_model/ DAVIS -o out         boost anybody's maps
    vsodboost eval DAVIS out --base my_model/                   was it worth it?
    """
    ctx.obj = {"debug": debug}


def main(arguments: list[str] | None = None) -> None:
    """Entry point: errors become one line on stderr and an exit code (1: a video failed, 2: wrong use).

    A signal that ends the command gives 128 + its number: 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if _HEAVY & set(arguments):
        from vsodboost.cli.allocator import keep_freed_memory

        keep_freed_memory()
    debug = "--debug" in arguments
    if debug:  # wherever it stands
        arguments = ["--debug", *(a for a in arguments if a != "--debug")]
    hint = "; --resume goes on with what is left" if {"wrap", "train"} & set(arguments) else ""

    def last_words(ended: KeyboardInterrupt) -> str:
        by = f"ended by {ended}" if isinstance(ended, Ended) and ended.exit_code != _INTERRUPTED else "interrupted"
        return f"vsodboost: {by}{hint}"

    with prepared(), handled(last_words):
        try:
            code = _code_of(arguments, debug)
        except KeyboardInterrupt as ended:
            remove_unfinished()
            click.echo(last_words(ended), err=True)
            code = ended.exit_code if isinstance(ended, Ended) else _INTERRUPTED
    sys.exit(code)


def _code_of(arguments: list[str], debug: bool) -> int:  # noqa: PLR0911 - a case a return
    """Run the command and say what went wrong; its exit code. KeyboardInterrupt passes, with ``debug`` all errors."""
    try:
        try:
            code = cli.main(arguments, prog_name="vsodboost", standalone_mode=False)
            sys.stdout.flush()
        except _Passed as passed:
            raise passed.error from None
    except SystemExit as leaving:
        if isinstance(leaving.code, str):
            click.echo(leaving.code, err=True)
            return 1
        code = leaving.code
    except click.exceptions.Abort as error:
        raise KeyboardInterrupt from error
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except VsodboostError as error:
        if debug:
            raise
        click.echo(f"vsodboost: {error}", err=True)
        if isinstance(error, WeightsError) and "no weights yet" in str(error):
            click.echo(WITHOUT, err=True)
        return error.exit_code
    except OutputLost as error:
        click.echo(f"vsodboost: cannot write to standard output: {error.strerror}", err=True)
        return 1
    except Exception as error:
        if debug:
            raise
        if isinstance(error, OSError) and error.filename is not None and error.strerror:
            click.echo(f"vsodboost: {os.fsdecode(error.filename)}: {error.strerror}", err=True)
            return 1
        reason = " ".join(str(error).split()) or "no message"
        click.echo(f"vsodboost: unexpected {type(error).__name__}: {reason}; run again with --debug", err=True)
        return 1
    return code if isinstance(code, int) else 0
