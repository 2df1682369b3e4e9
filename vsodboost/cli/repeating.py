"""Inputs from a list, and a run repeated: ``--list FILE``, ``--like run.json``, ``--name-template``."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from vsodboost.data.errors import UsageError
from vsodboost.data.texts import json_value
from vsodboost.io.recorded_path import recorded_path

if TYPE_CHECKING:
    from vsodboost.data.video import VideoSource
    from vsodboost.registry.discovery import Registry

LIKE = "vsodboost.like"
"""Key of the context's notes: what ``--like`` found."""
FIELDS = ("name", "parent", "index")
OPTIONS_OF = ("target", "booster", "flow", "detector")


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
        UsageError: it cannot be read, or is no ``run.json``.
    """
    if value is None:
        return
    path = value / "run.json" if value.is_dir() else value
    try:
        record = json_value(path.read_text(encoding="utf-8"))
        settings, _ = dict(record["settings"]), record["path"]
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is no run.json of vsodboost") from error
    if settings.get("profile") == "quick":
        settings.pop("booster", None)  # the profile's, not the user's
    known = {option.name for option in ctx.command.params}
    defaults: dict[str, Any] = {k: v for k, v in settings.items() if k in known and v is not None}
    for kind in OPTIONS_OF:
        defaults[f"{kind}_option"] = [f"{k}={v}" for k, v in (settings.get(f"{kind}_options") or {}).items()]
    write = record.get("write", {})
    defaults["extras"] = [",".join(write.get("writers", ()))] if write.get("writers") else []
    defaults["write_option"] = [f"{k}={v}" for k, v in write.get("options", {}).items()]
    ctx.default_map = {**(ctx.default_map or {}), **defaults}
    video = recorded_path(record, path.absolute().parent.parent)
    ctx.meta[LIKE] = {"video": str(video), "versions": record.get("versions", {})}


def still_meant(
    options: Sequence[str], writers: Sequence[str], context: click.Context, registry: Registry
) -> tuple[str, ...]:
    """Return the ``--write-option`` pairs that count: where a run is repeated with other ``--write``, not those of its
    own that none of these writers knows."""
    source = context.get_parameter_source
    if source("write_option") is not ParameterSource.DEFAULT_MAP or source("extras") is ParameterSource.DEFAULT_MAP:
        return tuple(options)
    names = [name.strip().partition(":")[0] for listed in writers for name in listed.split(",") if name.strip()]
    known = {option for name in (*names, "masks") for option in registry.card("writers", name).options}
    return tuple(option for option in options if option.partition("=")[0] in known)


def namer(template: str) -> Callable[[VideoSource, int], str]:
    """Return what names a video's folder: ``{name}`` is its own name, ``{parent}`` the folder it lies in, ``{index}``
    its number from 1 (``{index:03d}``).

    Raises:
        UsageError: another field, or a template that is none.
    """
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(template) if field is not None]
        wrong = [field for field in fields if field not in FIELDS]
        if wrong:
            raise UsageError(f"--name-template knows {{name}}, {{parent}} and {{index}}, not {{{wrong[0]}}}")
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
