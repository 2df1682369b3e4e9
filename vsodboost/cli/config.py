"""``--config FILE.toml``: defaults of a command's options from a file; the command line wins.

Values are checked here by type, each against its option: what click makes of a wrong one is no message for a file.
"""

from __future__ import annotations

import datetime
import difflib
import math
import sys
from pathlib import Path
from typing import Any

import click

from vsodboost.data.errors import UsageError
from vsodboost.data.texts import brief, is_typed
from vsodboost.io.limits import refuse_endless


def with_config(ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
    """Click callback: read the file and use it as the command's defaults.

    Keys are the long options without dashes ("target", "target-option"); a table named like the command, if there is
    one, is taken instead of the top level. Option pairs may be a table: ``[wrap.target-option]``.

    Raises:
        UsageError: the file cannot be read, is no TOML, names an unknown option, or gives one a value of another type.
    """
    if value is None:
        return
    chosen = _of_command(read_toml(value), ctx.info_name or "", value)
    options = {_long(p): p for p in ctx.command.params if isinstance(p, click.Option) and p is not param}
    defaults: dict[str, Any] = {}
    for key, setting in chosen.items():
        option = options.get(key.replace("_", "-"))
        if option is None or option.name is None:
            raise UsageError(
                f"{value}: no option of {ctx.info_name} is called '{brief(key)}'; {_known(key, list(options))}"
            )
        if option.name in defaults:
            raise UsageError(f"{value}: {key} is given twice, with - and with _")
        defaults[option.name] = _checked(option, setting, f"{value}: {key}", ctx)
    ctx.default_map = {**(ctx.default_map or {}), **defaults}


def read_toml(path: Path) -> dict[str, Any]:
    """The file's content. Raises UsageError when it cannot be read or is no TOML."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    refuse_endless(path)
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"cannot read the config {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, no UTF-8, a number of thousands of digits
        raise UsageError(f"{path} is no valid TOML: {' '.join(str(error).split())}") from error
    return content


def read_pairs(path: Path) -> dict[str, str]:
    """NAME = VALUE pairs from the top level of a file, as the command line would give them: for trainers' options.

    Raises:
        UsageError: the file cannot be read, or a value is neither text nor a number nor true or false.
    """
    return {name: as_typed(value, f"{path}: {name}") for name, value in read_toml(path).items()}


def _of_command(content: dict[str, Any], command: str, path: Path) -> dict[str, Any]:
    """The settings for ``command``: its table, or the top level."""
    chosen = content.get(command, content)
    if not isinstance(chosen, dict):
        raise UsageError(f"{path}: '{command}' must be a table of options, not {_kind(chosen)}")
    loose = [key for key, value in content.items() if chosen is not content and not isinstance(value, dict)]
    if loose:
        raise UsageError(f"{path}: {loose[0]} stands outside of [{command}], where it is not read; move it in")
    return chosen


def _checked(option: click.Option, setting: Any, where: str, ctx: click.Context) -> Any:
    """``setting`` as a default of ``option``. Raises UsageError, which begins with ``where``, for a wrong type."""
    if option.is_flag:
        if not isinstance(setting, bool):
            raise UsageError(f"{where} must be true or false, not {_kind(setting)}")
        return setting
    if not option.multiple:
        return _value(option, setting, where, ctx)
    if isinstance(setting, dict) and "=" in str(option.metavar):
        return [f"{name}={as_typed(value, f'{where}.{name}')}" for name, value in setting.items()]
    several = setting if isinstance(setting, list) else [setting]
    return [_value(option, one, where, ctx) for one in several]


def _value(option: click.Option, setting: Any, where: str, ctx: click.Context) -> Any:
    """One value, if it is of the type of the option and click takes it."""
    wanted: type | tuple[type, ...]
    match option.type:
        case click.types.IntParamType():
            wanted, name = int, "a whole number"
        case click.types.FloatParamType():
            wanted, name = (int, float), "a number"
        case _:
            wanted, name = str, "text in quotes"
    right = isinstance(setting, wanted) and not isinstance(setting, bool)
    if not right or (isinstance(setting, float) and not math.isfinite(setting)):
        raise UsageError(f"{where} must be {name}, not {_kind(setting)}")
    refuse_breaks(setting, where)
    try:
        return option.type.convert(setting, option, ctx)
    except click.BadParameter as error:
        raise UsageError(f"{where}: {error.message.rstrip('.')}") from error


def refuse_breaks(value: Any, where: str) -> None:
    """Raise UsageError, which begins with ``where``, for a text that nobody can have typed."""
    if isinstance(value, str) and not is_typed(value):
        raise UsageError(f"{where} holds a zero character or a line break")


def as_typed(value: Any, where: str) -> str:
    """A value of NAME=VALUE as it would be typed; true and false are on and off."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"{where} must be finite, not {value}")
    if not isinstance(value, str | int | float):
        raise UsageError(f"{where} must be text, a number, or true or false, not {_kind(value)}")
    refuse_breaks(value, where)
    return str(value)


def _kind(value: Any) -> str:
    """What a TOML value is, in words."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f"the text '{value}'" if len(value) <= 40 else "a text"
        case dict():
            return "a table"
        case list():
            return "a list"
        case datetime.date() | datetime.time():
            return f"the date or time {value}"
        case _:
            return f"the number {value}"


def _known(key: str, options: list[str]) -> str:
    near = difflib.get_close_matches(key.replace("_", "-"), options, n=1)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(options))}"


def _long(option: click.Option) -> str:
    return max(option.opts, key=len).lstrip("-")
