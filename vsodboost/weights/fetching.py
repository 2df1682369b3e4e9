"""Fetch the few weights that may be downloaded without a form, checking their hash before they count."""

from __future__ import annotations

import logging
from pathlib import Path
from tempfile import TemporaryDirectory

from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.registry.discovery import Registry
from vsodboost.weights import adding, catalogue, store
from vsodboost.weights.store import Provenance


def download(name: str, registry: Registry | None = None) -> Provenance:
    """Fetch the weights of ``name`` from the address on its card and store them.

    An ONNX graph is stored as it is, anything else goes the way of ``add``.

    Raises:
        UsageError: the card of ``name`` has no address with a hash.
        WeightsError: the address does not answer, or what it sends has another hash.
    """
    source = catalogue.source(name, registry)
    if source.url is None or source.hash is None:
        raise UsageError(catalogue.how_to_get(name, source))
    import pooch

    pooch.get_logger().setLevel(logging.ERROR)
    store.root().mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=store.root(), prefix=".download-") as scratch:
        file_name = source.url.rsplit("/", 1)[-1]
        try:
            fetched = Path(pooch.retrieve(source.url, source.hash, fname=file_name, path=scratch))
        except ValueError:
            raise WeightsError(
                f"{source.url}: sent another file than expected (its hash is not {source.hash})"
            ) from None
        except OSError as error:  # requests' exceptions are of this kind too
            reason = type(error).__name__
            raise WeightsError(f"{source.url}: cannot be downloaded ({reason}); check the connection") from None
        if fetched.suffix == ".onnx":
            return store.put_file(name, fetched, store.GRAPH, source)
        return adding.add(name, fetched, registry)
