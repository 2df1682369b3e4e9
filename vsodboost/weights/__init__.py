"""Weights of the models: add a file once, then the model finds it.

Each name is imported from its module when it is first used, since every card that says where weights come from lives
in this room, and listing cards is to be quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vsodboost.weights.adding import Entry, add, entries, graph, verify, where
    from vsodboost.weights.fetching import download
    from vsodboost.weights.store import Provenance, load_into, remove, root
    from vsodboost.weights.store import names as stored_names

__all__ = [
    "Entry",
    "Provenance",
    "add",
    "download",
    "entries",
    "graph",
    "load_into",
    "remove",
    "root",
    "stored_names",
    "verify",
    "where",
]

_HOMES = {
    "adding": ("Entry", "add", "entries", "graph", "verify", "where"),
    "fetching": ("download",),
    "store": ("Provenance", "load_into", "remove", "root", "stored_names"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}
_CALLED_THERE = {"stored_names": "names"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'vsodboost.weights' has no attribute '{name}'")
    return getattr(importlib.import_module(f"vsodboost.weights.{_HOME[name]}"), _CALLED_THERE.get(name, name))
