"""The weights a user has added: one folder a model, holding the tensors and where they came from.

``<root>/<name>/model.safetensors`` and ``provenance.json``, where root is ``$VSODBOOST_HOME/weights``, else ``weights``
in the platform's cache folder for vsodboost (``~/.cache/vsodboost`` on Linux). An entry exists when its provenance
does; the provenance is removed first and written last, so that a killed ``add`` leaves an entry whole or absent.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from vsodboost.data.cards import WeightsSource
from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.data.texts import json_value

if TYPE_CHECKING:
    from torch import Tensor, nn

TENSORS, GRAPH, PROVENANCE = "model.safetensors", "model.onnx", "provenance.json"


@dataclass(frozen=True)
class Provenance:
    """What is known of an added file: ``sha256`` is the stored file's, ``source_sha256`` the one the user gave."""

    name: str
    file: str
    sha256: str
    bytes: int
    source_file: str
    source_sha256: str
    licence: str
    published: str
    added: str
    """When, in UTC, ISO 8601."""


def root() -> Path:
    """Folder that holds all entries; it need not exist yet."""
    if home := os.environ.get("VSODBOOST_HOME"):
        return Path(home).expanduser() / "weights"
    from platformdirs import user_cache_path

    return user_cache_path("vsodboost") / "weights"


def folder(name: str) -> Path:
    """Folder of one entry; raises UsageError for what cannot be a model's name."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]*", name):
        raise UsageError(f"'{name}' cannot be the name of a model; vsodboost weights list shows the names")
    return root() / name


def installed(name: str) -> Provenance | None:
    """The entry of ``name``, None when it has no weights; raises WeightsError when the entry cannot be read."""
    path = folder(name) / PROVENANCE
    try:
        content = json_value(path.read_text(encoding="utf-8"))
        return Provenance(**{field.name: content[field.name] for field in fields(Provenance)})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        raise WeightsError(f"{path}: cannot be read ({reason}); run: vsodboost weights remove {name}") from None


def stored_file(entry: Provenance) -> Path:
    """Path of an entry's file; raises WeightsError when it is gone."""
    path = folder(entry.name) / Path(entry.file).name
    if not path.is_file():
        raise WeightsError(f"{path}: gone; add the weights again, or run: vsodboost weights remove {entry.name}")
    return path


def checked_file(entry: Provenance) -> Path:
    """Path of an entry's file, its sha256 compared; raises WeightsError when it is gone or changed."""
    path = stored_file(entry)
    if sha256(path) != entry.sha256:
        raise WeightsError(f"{path}: changed since it was added; add '{entry.name}' again from {entry.source_file}")
    return path


def put_tensors(name: str, tensors: Mapping[str, Tensor], origin: Path, source: WeightsSource) -> Provenance:
    """Store tensors as the entry of ``name``, in place of an older one."""
    from safetensors.torch import save_file

    from vsodboost.io.atomic import atomic_path

    target = folder(name) / TENSORS
    with _writing(target), atomic_path(target) as temporary:
        save_file(dict(tensors), temporary, metadata={"format": "pt"})
        _forget(name)
    return _record(name, target, origin, source)


def put_file(name: str, origin: Path, file: str, source: WeightsSource) -> Provenance:
    """Store a copy of ``origin`` under the name ``file`` as the entry of ``name``, in place of an older one."""
    import shutil

    from vsodboost.io.atomic import atomic_path

    target = folder(name) / file
    with _writing(target), atomic_path(target) as temporary:
        shutil.copyfile(origin, temporary)
        _forget(name)
    return _record(name, target, origin, source)


def remove(name: str) -> None:
    """Delete the entry of ``name``; raises WeightsError when there is none."""
    if not (folder(name) / PROVENANCE).exists():
        raise WeightsError(f"{name}: has no weights to remove")
    _forget(name)
    for file in (TENSORS, GRAPH):
        (folder(name) / file).unlink(missing_ok=True)
    if not any(folder(name).iterdir()):
        folder(name).rmdir()


def names() -> list[str]:
    """Names of all entries, sorted."""
    return sorted(path.parent.name for path in root().glob(f"*/{PROVENANCE}"))


def load_into(network: nn.Module, name: str, source: WeightsSource | None = None) -> None:
    """Fill ``network`` with the weights added for ``name``: keys, shapes and sha256 must be right. ``source`` is that
    of the model's card; it says how to get them.

    Raises:
        WeightsError: there are none (the message says where the authors publish them and the command that adds them),
            or the stored file is damaged or belongs to another network.
    """
    from vsodboost.weights.matching import fit
    from vsodboost.weights.reading import read_checkpoint

    entry = installed(name)
    if entry is None:
        from vsodboost.weights.catalogue import how_to_get

        if source is None:
            raise WeightsError(f"{name}: no weights yet; vsodboost weights where {name} says how to get them")
        raise WeightsError(how_to_get(name, source))
    path = checked_file(entry)
    if path.name != TENSORS:
        raise WeightsError(f"{path}: not a torch network but an ONNX graph; add the authors' checkpoint for '{name}'")
    network.load_state_dict(fit(read_checkpoint(path), network.state_dict(), what=f"{path} for '{name}'"))


def sha256(path: Path) -> str:
    """Hash of a file's content, in hex."""
    import hashlib

    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path}: cannot be written ({error})") from None


def _forget(name: str) -> None:
    (folder(name) / PROVENANCE).unlink(missing_ok=True)


def _record(name: str, target: Path, origin: Path, source: WeightsSource) -> Provenance:
    from datetime import datetime, timezone

    from vsodboost.io.atomic import write_text

    entry = Provenance(
        name=name,
        file=target.name,
        sha256=sha256(target),
        bytes=target.stat().st_size,
        source_file=origin.name,
        source_sha256=sha256(origin),
        licence=source.licence,
        published=source.published,
        added=datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )
    write_text(folder(name) / PROVENANCE, json.dumps(asdict(entry), indent=2, ensure_ascii=False) + "\n")
    for other in {TENSORS, GRAPH} - {target.name}:
        (folder(name) / other).unlink(missing_ok=True)
    return entry
