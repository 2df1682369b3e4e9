"""Add a file to the store, list what is there, and check it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vsodboost.data.cards import WeightsSource
from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.registry.discovery import Registry
from vsodboost.registry.guard import guarded_factory
from vsodboost.weights import catalogue, store
from vsodboost.weights.store import Provenance

if TYPE_CHECKING:
    from torch import Tensor, nn

    from vsodboost.weights.reading import Found


@dataclass(frozen=True)
class Entry:
    """A model that takes weights: ``source`` is what its card says (None: its plugin is gone), ``added`` what is stored
    (None: nothing).
    """

    name: str
    source: WeightsSource | None
    added: Provenance | None


def entries(registry: Registry | None = None) -> list[Entry]:
    """Every model that takes weights, then what is stored for models that are not registered.

    Here and below ``registry`` holds the plugins that count; without one, all that are installed do.
    """
    known = catalogue.sources(registry)
    orphans = [name for name in store.names() if name not in known]
    return [Entry(name, known.get(name), store.installed(name)) for name in (*known, *orphans)]


def add(name: str, file: str | Path, registry: Registry | None = None) -> Provenance:
    """Check ``file`` against the network of ``name`` and store it as safetensors.

    What of the file was chosen or left out is logged as warnings of the logger ``vsodboost``.

    Raises:
        UsageError: no registered model of that name takes weights from a file.
        PluginError: its plugin cannot build the network.
        WeightsError: the file cannot be read, is unsafe, has other keys or shapes than the network, or holds several
            that fit.
    """
    from vsodboost.weights.reading import candidates

    path, known = Path(file), catalogue.sources(registry)
    source = catalogue.source_of(name, known)
    wanted = _state_of(name, source)
    found = candidates(path, source.reader)
    fitting, refused = _fitting(found, wanted, source, f"{path} is not for '{name}'")
    exact = any(set(each.found.tensors) == set(wanted) for each in fitting)
    if not exact and (not fitting or fitting[0].notes):  # perhaps it is another model's, of which this is a part
        other = _model_of(found[0].tensors, known, besides=name)
        if other is not None or not fitting:
            reason = refused[0] if refused else f"{path} is not for '{name}': {'; '.join(fitting[0].notes)}"
            hint = f"; it fits '{other}': vsodboost weights add {other} {shlex.quote(str(path))}" if other else ""
            raise WeightsError(f"{reason}{hint}")
    for note in _choice(fitting, path):
        import logging

        logging.getLogger("vsodboost").warning("vsodboost: %s: %s", path, note)
    return store.put_tensors(name, fitting[0].tensors, path, source)


@dataclass(frozen=True)
class _Fitting:
    """What was ``found`` in a file, as ``tensors`` of the network, and the ``notes`` on how."""

    found: Found
    tensors: dict[str, Tensor]
    notes: list[str]


def _fitting(
    found: list[Found], wanted: dict[str, Tensor], source: WeightsSource, what: str
) -> tuple[list[_Fitting], list[str]]:
    """Those of ``found`` that fit the network, and why the others do not."""
    from vsodboost.weights.matching import fit

    fitting: list[_Fitting] = []
    refused: list[str] = []
    for each in found:
        notes: list[str] = []
        try:
            named = source.rename(each.tensors) if source.rename else each.tensors
            tensors = fit(named, wanted, what=what, ignore_extra=source.ignores_extra, notes=notes)
            fitting.append(_Fitting(each, tensors, notes))
        except WeightsError as error:
            refused.append(str(error))
    return fitting, refused


def _choice(fitting: list[_Fitting], path: Path) -> list[str]:
    """What is to be said of taking the first. Raises WeightsError where nothing tells it from another that fits."""
    import torch

    first, *others = fitting
    differing = [
        other
        for other in others
        if not all(torch.equal(value, first.tensors[name]) for name, value in other.tensors.items())
    ]
    if not differing:
        return first.notes
    named = ", ".join(f"'{each.found.where}'" for each in differing)
    if all(other.found.rank == first.found.rank for other in differing):
        raise WeightsError(
            f"{path}: holds several networks that fit ('{first.found.where}', {named}); save one of them"
        )
    return [f"'{first.found.where}' in it is taken, not {named}, which would fit, too", *first.notes]


def verify(name: str, registry: Registry | None = None) -> Provenance:
    """Check the stored file of ``name``: sha256, keys, shapes and numbers. Raises WeightsError naming what is wrong."""
    from vsodboost.weights.matching import fit
    from vsodboost.weights.reading import read_checkpoint

    entry = store.installed(name)
    if entry is None:
        raise WeightsError(catalogue.how_to_get(name, catalogue.source(name, registry)))
    path = store.checked_file(entry)
    if path.name == store.TENSORS:
        wanted = _state_of(name, catalogue.source(name, registry))
        fit(read_checkpoint(path), wanted, what=f"{path} for '{name}'")
    return entry


def where(name: str, registry: Registry | None = None) -> Path:
    """Path of the stored file of ``name``; raises WeightsError, saying how to get it, when there is none."""
    entry = store.installed(name)
    if entry is None:
        raise WeightsError(catalogue.how_to_get(name, catalogue.source(name, registry)))
    return store.stored_file(entry)


def graph(name: str) -> Path | None:
    """Path of the ONNX graph stored for ``name``, its sha256 compared; None when its weights are of another kind."""
    entry = store.installed(name)
    return store.checked_file(entry) if entry is not None and entry.file == store.GRAPH else None


def _state_of(name: str, source: WeightsSource) -> dict[str, Tensor]:
    if source.build is None:
        raise UsageError(f"'{name}' does not say how its network is built, so no file can be checked against it")
    with guarded_factory(f"the network of '{name}'", source.build):
        return _network_state(source.build)


def _network_state(build: Callable[[], nn.Module]) -> dict[str, Tensor]:
    import torch

    with torch.device("meta"):  # names and shapes without the memory
        return build().state_dict()


def _model_of(tensors: dict[str, Tensor], known: Mapping[str, WeightsSource], besides: str) -> str | None:
    """The registered model whose network has just these tensors."""
    from vsodboost.weights.matching import differences, with_counters

    for name, source in known.items():
        if name == besides or source.build is None:
            continue
        try:
            wanted = _network_state(source.build)
            named = source.rename(tensors) if source.rename else tensors
        except Exception:  # a hint is not worth failing for a plugin that cannot build its network here
            continue
        if not differences(with_counters(named, wanted), wanted):
            return name
    return None
