"""Inputs from a list, and a run repeated: ``--list FILE``, ``--like run.json``, ``--name-template``."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from vsodboost.cli.config import as_typed, refuse_breaks
from vsodboost.cli.pairs import names_in
from vsodboost.data.errors import UsageError, a_type
from vsodboost.data.texts import brief, json_value
from vsodboost.io.limits import refuse_endless
from vsodboost.io.recorded_path import recorded_path

if TYPE_CHECKING:
    from vsodboost.data.video import VideoSource
    from vsodboost.registry.discovery import Registry

LIKE = "vsodboost.like"
"""Key of the context's notes: what ``--like`` found."""
FIELDS = ("name", "parent", "index")
OPTIONS_OF = ("target", "booster", "flow", "detector")
LONGEST = 255
"""Characters of a folder's name."""


def listed(path: Path) -> list[str]:
    """Return the inputs that a file names, a line each; empty lines and those that begin with # are passed over.

    Raises:
        UsageError: it cannot be read, or names nothing.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise UsageError(f"cannot read the list {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the list {path} is no text in UTF-8") from error
    found = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not found:
        raise UsageError(f"the list {path} names no video; write one a line")
    return found


def with_like(ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
    """Click callback: take a ``run.json``'s settings as the command's defaults, and its video where none is given.

    Raises:
        UsageError: it cannot be read, is no ``run.json``, or holds something that no option takes.
    """
    if value is None:
        return
    path = value / "run.json" if value.is_dir() else value
    refuse_endless(path)
    try:
        record = json_value(path.read_text(encoding="utf-8"))
        settings, given = dict(record["settings"]), record["path"]
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is no run.json of vsodboost") from error
    for name, place in (("path", given), ("folder", "." if record.get("folder") is None else record["folder"])):
        if not isinstance(place, str) or not place or "\0" in place:
            raise UsageError(f"{path}: {name} is no path")
    if settings.get("profile") == "quick":
        settings.pop("booster", None)  # the profile's, not the user's
    known = {p.name: p for p in ctx.command.params if isinstance(p, click.Option) and not p.multiple}
    defaults: dict[str, Any] = {
        name: _checked(known[name], setting, f"{path}: settings.{name}", ctx)
        for name, setting in settings.items()
        if name in known and setting is not None
    }
    for kind in OPTIONS_OF:
        defaults[f"{kind}_option"] = _pairs(settings.get(f"{kind}_options"), f"{path}: settings.{kind}_options")
    write = _mapping(record.get("write"), f"{path}: write")
    writers = write.get("writers") or []
    if not isinstance(writers, list) or not all(isinstance(name, str) for name in writers):
        raise UsageError(f"{path}: write.writers is no list of names")
    defaults["extras"] = [",".join(writers)] if writers else []
    defaults["write_option"] = _pairs(write.get("options"), f"{path}: write.options")
    ctx.default_map = {**(ctx.default_map or {}), **defaults}
    video = recorded_path(record, path.absolute().parent.parent)
    ctx.meta[LIKE] = {"video": str(video), "versions": _mapping(record.get("versions"), f"{path}: versions")}


def _mapping(found: Any, where: str) -> dict[str, Any]:
    """An object of a JSON file; an absent one is empty. Raises UsageError, which begins with ``where``."""
    if found is not None and not isinstance(found, dict):
        raise UsageError(f"{where} is no object of names and values, but {a_type(found)}")
    return found or {}


def _pairs(found: Any, where: str) -> list[str]:
    """An object of options as NAME=VALUE. Raises UsageError, which begins with ``where``."""
    return [f"{name}={as_typed(value, f'{where}.{brief(name)}')}" for name, value in _mapping(found, where).items()]


def _checked(option: click.Option, setting: Any, where: str, ctx: click.Context) -> Any:
    """A setting, if the option takes it. Raises UsageError, which begins with ``where``."""
    refuse_breaks(setting, where)
    try:
        if option.is_flag != isinstance(setting, bool) or not isinstance(setting, str | int | float):
            raise click.BadParameter(f"{a_type(setting)} is no value of {option.opts[0]}.")
        return option.type.convert(setting, option, ctx)
    except (click.BadParameter, ValueError, OverflowError) as error:
        said = error.message if isinstance(error, click.BadParameter) else str(error)
        raise UsageError(f"{where}: {' '.join(said.split()).rstrip('.')}") from error


def still_meant(
    options: Sequence[str], writers: Sequence[str], context: click.Context, registry: Registry
) -> tuple[str, ...]:
    """Return the ``--write-option`` pairs that count: where a run is repeated with other ``--write``, not those of its
    own that none of these writers knows."""
    source = context.get_parameter_source
    if source("write_option") is not ParameterSource.DEFAULT_MAP or source("extras") is ParameterSource.DEFAULT_MAP:
        return tuple(options)
    names = [name.partition(":")[0] for name in names_in(writers)]
    known = {option for name in (*names, "masks") for option in registry.card("writers", name).options}
    return tuple(option for option in options if option.partition("=")[0] in known)


def namer(template: str) -> Callable[[VideoSource, int], str]:
    """Return what names a video's folder: ``{name}`` is its own name, ``{parent}`` the folder it lies in, ``{index}``
    its number from 1 (``{index:03d}``).

    Raises:
        UsageError: another field, a template that is none, or one of names that no file system takes.
    """
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(template) if field is not None]
        wrong = [field for field in fields if field not in FIELDS]
        if wrong:
            raise UsageError(f"--name-template knows {{name}}, {{parent}} and {{index}}, not {{{wrong[0]}}}")
        for _, _, layout, _ in string.Formatter().parse(template):
            if "{" in (layout or ""):
                raise UsageError(f"--name-template {template}: a width is a number")
            if any(int(number) > LONGEST for number in re.findall(r"\d{1,9}", layout or "")):
                raise UsageError(f"--name-template {template}: names are at most {LONGEST} characters long")
        template.format(name="a", parent="b", index=1)
    except (ValueError, IndexError) as error:
        raise UsageError(f"--name-template {template}: {error}") from error

    def name(source: VideoSource, index: int) -> str:
        return template.format(name=source.name, parent=source.path.resolve().parent.name, index=index)

    return name


def inputs_of(given: Sequence[str], listed_in: Path | None, context: click.Context) -> tuple[str, ...]:
    """Return all inputs: those given, those of a list, else that of the run to be repeated.

    Raises:
        UsageError: there is none.
    """
    inputs = [*given, *(listed(listed_in) if listed_in is not None else ())]
    like = context.meta.get(LIKE)
    if not inputs and like is not None:
        inputs = [like["video"]]
    if not inputs:
        raise UsageError(
            "no input given; name a video file, a folder of frames, a DAVIS root or a glob pattern, or --list FILE"
        )
    return tuple(inputs)
