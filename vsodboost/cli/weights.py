"""``vsodboost weights``: add, list, check, find, remove, download and export the weights of models."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vsodboost.cli.streams import answer, answering

if TYPE_CHECKING:
    from vsodboost.registry.discovery import Registry
    from vsodboost.weights import Entry, Provenance

FILE = click.Path(path_type=Path)
_no_plugin = click.option("--no-plugin", metavar="NAME", multiple=True, help="Do not load this plugin.")


@click.group(short_help="Add, list and check the weights of models.")
def weights() -> None:
    """Add, list and check the weights of models.

    Most authors publish their weights behind forms and do not let others pass them on. Fetch the file yourself, add it
    once, and every later run finds it.
    """


@weights.command("add")
@click.argument("name")
@click.argument("file", type=FILE)
@_no_plugin
@answering
def add_command(name: str, file: Path, *, no_plugin: tuple[str, ...]) -> None:
    """Check FILE against the network of model NAME and store it.

    FILE is what the authors publish (a torch checkpoint in any usual wrapper, safetensors, or the model's own format).
    Nothing in it is run. Names and shapes must be the network's.

    Exit code: 0 stored, 1 the file cannot be read or is another model's, 2 wrong use.
    """
    from vsodboost.weights import add

    _report(add(name, file, _registry(no_plugin)))


@weights.command("list")
@click.option("--json", "as_json", is_flag=True, help="The list as JSON on standard output.")
@_no_plugin
@answering
def list_command(*, as_json: bool, no_plugin: tuple[str, ...]) -> None:
    """List the models that take weights, and what is stored for them.

    Exit code: 0 all listed, 2 wrong use.
    """
    from vsodboost.cli.table import print_table
    from vsodboost.weights import entries

    found = entries(_registry(no_plugin))
    if as_json:
        answer(json.dumps([_as_json(entry) for entry in found], indent=2, ensure_ascii=False))
        return
    rows = []
    for entry in found:
        origin = entry.added or entry.source
        assert origin is not None
        file = entry.added.source_file if entry.added else entry.source.file if entry.source else ""
        rows.append((entry.name, _state(entry), file, origin.licence))
    print_table(("model", "weights", "file", "licence"), rows)


@weights.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@_no_plugin
@answering
def verify_command(names: tuple[str, ...], *, no_plugin: tuple[str, ...]) -> None:
    """Check the stored weights of the models NAME, or of all: hash, names, shapes and numbers.

    Exit code: 0 all are right, 1 some are not or not there, 2 wrong use.
    """
    from vsodboost.data.errors import VsodboostError, WeightsError
    from vsodboost.weights import stored_names, verify

    registry = _registry(no_plugin)
    failed = 0
    for name in names or stored_names():
        try:
            verify(name, registry)
        except VsodboostError as error:
            failed += 1
            click.echo(str(error), err=True)
        else:
            answer(f"{name}: right")
    if failed:
        raise WeightsError(f"{failed} of {len(names or stored_names())} not right")


@weights.command("where")
@click.argument("name", required=False)
@_no_plugin
@answering
def where_command(name: str | None, *, no_plugin: tuple[str, ...]) -> None:
    """Print the path of the weights of model NAME, or without NAME the folder that holds all weights.

    Exit code: 0 all said, 1 none are stored, 2 wrong use.
    """
    from vsodboost.weights import root, where

    answer(str(where(name, _registry(no_plugin)) if name else root()))


@weights.command("remove")
@click.argument("name")
@answering
def remove_command(name: str) -> None:
    """Delete the stored weights of model NAME.

    Exit code: 0 removed, 1 none are stored, 2 wrong use.
    """
    from vsodboost.weights import remove

    remove(name)
    answer(f"{name}: removed")


@weights.command("download")
@click.argument("name")
@_no_plugin
@answering
def download_command(name: str, *, no_plugin: tuple[str, ...]) -> None:
    """Fetch the weights of model NAME, where they may be downloaded without a form, and check their hash.

    Exit code: 0 stored, 1 they cannot be fetched or are not right, 2 wrong use.
    """
    from vsodboost.weights import download

    _report(download(name, _registry(no_plugin)))


@weights.command("export")
@click.argument("name")
@click.option("--onnx", "file", type=FILE, required=True, help="File to write.")
@click.option("--size", metavar="HxW", help="Frame size in px, for a model that takes any.")
@_no_plugin
@answering
def export_command(name: str, *, file: Path, size: str | None, no_plugin: tuple[str, ...]) -> None:
    """Write the target model NAME with its weights as an ONNX graph, checked against the model.

    The graph carries the model's card: run it with --target onnx:FILE.

    Exit code: 0 written, 1 the model cannot be exported or differs, 2 wrong use.
    """
    from vsodboost.targets.export import export_onnx

    difference = export_onnx(name, file, _registry(no_plugin), size=_height_width(size))
    answer(f"{file}: maps differ by at most {difference:.1g} from the model's")


def _registry(no_plugin: tuple[str, ...]) -> Registry:
    from vsodboost.registry.discovery import Registry

    return Registry.load(no_plugin=no_plugin)


def _height_width(size: str | None) -> tuple[int, int] | None:
    from vsodboost.data.errors import UsageError

    if size is None:
        return None
    found = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", size)
    if found is None:
        raise UsageError(f"--size wants HxW in px, as 352x352, not '{size}'")
    return int(found[1]), int(found[2])


def _report(entry: Provenance) -> None:
    answer(f"{entry.name}: {entry.bytes / 1e6:.1f} MB from {entry.source_file}, sha256 {entry.sha256}")
    answer(f"licence: {entry.licence}")


def _state(entry: Entry) -> str:
    if entry.added is not None:
        return "added " + entry.added.added[:10] if entry.source else "added, no such model now"
    return "to download" if entry.source and entry.source.url and entry.source.hash else "none"


def _as_json(entry: Entry) -> dict[str, Any]:
    source = entry.source
    return {
        "name": entry.name,
        "file": source.file if source else None,
        "published": source.published if source else None,
        "licence": source.licence if source else None,
        "downloadable": bool(source and source.url and source.hash),
        "added": asdict(entry.added) if entry.added else None,
    }
