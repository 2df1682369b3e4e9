"""``--config FILE.toml``: defaults of a command's options from a file; the command line wins."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from vsodboost.data.errors import UsageError


def with_config(ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
    """Click callback: read the file and use it as the command's defaults.

    Keys are the long options without dashes ("target", "target-option"); a table named like the command, if there is
    one, is taken instead of the top level. Option pairs may be a table: ``[wrap.target-option]``.

    Raises:
        UsageError: the file cannot be read, is no TOML, or names an unknown option.
    """
    if value is None:
        return
    content = read_toml(value)
    chosen = content.get(ctx.info_name or "", content)
    if not isinstance(chosen, dict):
        raise UsageError(f"{value}: '{ctx.info_name}' must be a table of options")
    options = {_long(p): p for p in ctx.command.params if isinstance(p, click.Option)}
    defaults: dict[str, Any] = {}
    for key, setting in chosen.items():
        option = options.get(key.replace("_", "-"))
        if option is None or option is param or option.name is None:
            raise UsageError(
                f"{value}: no option of {ctx.info_name} is called '{key}'; known: {', '.join(sorted(options))}"
            )
        defaults[option.name] = [f"{k}={v}" for k, v in setting.items()] if isinstance(setting, dict) else setting
    ctx.default_map = {**(ctx.default_map or {}), **defaults}


def _long(option: click.Option) -> str:
    return max(option.opts, key=len).lstrip("-")


def read_toml(path: Path) -> dict[str, Any]:
    """The file's content. Raises UsageError when it cannot be read or is no TOML."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read the config {path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no valid TOML: {error}") from error
    return content
