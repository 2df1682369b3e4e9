"""Add a file to the store, list what is there, and check it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vsodboost.data.cards import WeightsSource
from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.weights import catalogue, store
from vsodboost.weights.store import Provenance

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class Entry:
    """A model that takes weights: ``source`` is what its card says (None: its plugin is gone), ``added`` what is stored
    (None: nothing).
    """

    name: str
    source: WeightsSource | None
    added: Provenance | None


def entries() -> list[Entry]:
    """Every model that takes weights, then what is stored for models that are no longer registered."""
    known = catalogue.sources()
    orphans = [name for name in store.names() if name not in known]
    return [Entry(name, known.get(name), store.installed(name)) for name in (*known, *orphans)]


def add(name: str, file: str | Path) -> Provenance:
    """Check ``file`` against the network of ``name`` and store it as safetensors.

    Raises:
        UsageError: no registered model of that name takes weights from a file.
        WeightsError: the file cannot be read, is unsafe, or has other keys or shapes than the network.
    """
    from vsodboost.weights.matching import fit
    from vsodboost.weights.reading import read_checkpoint

    path, source = Path(file), catalogue.source(name)
    wanted = _network_state(_builder(name, source))
    tensors = read_checkpoint(path, source.reader)
    try:
        fitted = fit(source.rename(tensors) if source.rename else tensors, wanted, what=f"{path} is not for '{name}'")
    except WeightsError as error:
        other = _model_of(tensors, besides=name)
        hint = f"; it fits '{other}': vsodboost weights add {other} {shlex.quote(str(path))}" if other else ""
        raise WeightsError(f"{error}{hint}") from None
    return store.put_tensors(name, fitted, path, source)


def verify(name: str) -> Provenance:
    """Check the stored file of ``name``: sha256, keys, shapes and numbers. Raises WeightsError naming what is wrong."""
    from vsodboost.weights.matching import fit
    from vsodboost.weights.reading import read_checkpoint

    entry = store.installed(name)
    if entry is None:
        raise WeightsError(catalogue.how_to_get(name))
    path = store.checked_file(entry)
    if path.name == store.TENSORS:
        wanted = _network_state(_builder(name, catalogue.source(name)))
        fit(read_checkpoint(path), wanted, what=f"{path} for '{name}'")
    return entry


def where(name: str) -> Path:
    """Path of the stored file of ``name``; raises WeightsError, saying how to get it, when there is none."""
    entry = store.installed(name)
    if entry is None:
        raise WeightsError(catalogue.how_to_get(name))
    return store.stored_file(entry)


def graph(name: str) -> Path | None:
    """Path of the ONNX graph stored for ``name``, its sha256 compared; None when its weights are of another kind."""
    entry = store.installed(name)
    return store.checked_file(entry) if entry is not None and entry.file == store.GRAPH else None


def _builder(name: str, source: WeightsSource) -> Callable[[], nn.Module]:
    if source.build is None:
        raise UsageError(f"'{name}' does not say how its network is built, so no file can be checked against it")
    return source.build


def _network_state(build: Callable[[], nn.Module]) -> dict[str, Tensor]:
    import torch

    with torch.device("meta"):  # names and shapes without the memory
        return build().state_dict()


def _model_of(tensors: dict[str, Tensor], besides: str) -> str | None:
    """The registered model whose network has just these tensors."""
    from vsodboost.weights.matching import differences, with_counters

    for name, source in catalogue.sources().items():
        if name == besides or source.build is None:
            continue
        try:
            wanted = _network_state(source.build)
        except Exception:  # a hint is not worth failing for a plugin that cannot build its network here
            continue
        if not differences(with_counters(tensors, wanted), wanted):
            return name
    return None
