"""Which models have weights, and what their cards say of where to get them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from vsodboost.data.cards import WeightsSource
from vsodboost.data.errors import UsageError
from vsodboost.registry.discovery import Registry
from vsodboost.weights.own import OWN


def sources(registry: Registry | None = None) -> dict[str, WeightsSource]:
    """The weights sources of our own networks, then of every registered plugin that has one, by name; without a
    ``registry`` of those that are installed."""
    found: dict[str, WeightsSource] = dict(OWN)
    for named in (registry or Registry.load()).entries.values():
        for name, entry in named.items():
            if entry.card.weights is not None:
                found.setdefault(name, entry.card.weights)
    return found


def source(name: str, registry: Registry | None = None) -> WeightsSource:
    """The weights source of a plugin; raises UsageError, listing the names, when no plugin of that name has weights."""
    return source_of(name, sources(registry))


def source_of(name: str, known: Mapping[str, WeightsSource]) -> WeightsSource:
    """As ``source``, of sources at hand."""
    if name not in known:
        raise UsageError(f"no model named '{name}' takes weights; those that do: {', '.join(known) or 'none'}")
    return known[name]


def how_to_get(name: str, known: WeightsSource) -> str:
    """One line for a model without weights: where the authors publish the file, and the command that adds it."""
    if known.made_by:
        return f"{name}: no weights yet; make them: {known.made_by}, then: vsodboost weights add {name} {known.file}"
    if known.url is not None and known.hash is not None:
        return (
            f"{name}: no weights yet ({known.licence}); run: vsodboost weights download {name}, "
            f"or add the authors' {known.file}, published at {known.published}"
        )
    licence = "" if known.licence == "none stated" else f" ({known.licence})"
    return (
        f"{name}: no weights yet; the authors publish {known.file} at {known.published}{licence}; "
        f"fetch it and run: vsodboost weights add {name} {shlex.quote(known.file)}"
    )
