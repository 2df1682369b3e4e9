"""Weights of the models: add a file once, then the model finds it."""

from vsodboost.weights.adding import Entry, add, entries, graph, verify, where
from vsodboost.weights.download import download
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
