"""Load a torch file without running anything in it.

Torch does the reading with ``weights_only=True``. Training scripts save settings beside the tensors; for classes that
are known to hold nothing but such, torch is given inert ones of ours under their names. Nothing of the classes
themselves is imported or called.
"""

from __future__ import annotations

import _compat_pickle
import pickletools
import re
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

import torch
from torch.serialization import safe_globals

from vsodboost.data.errors import WeightsError

_SETTINGS = re.compile(
    r"numpy(\.|$)|(argparse|datetime|pathlib|typing|enum|collections|omegaconf|yacs|easydict|addict|box|ml_collections"
    r"|pytorch_lightning|lightning|lightning_fabric)(\.|$)|builtins\.(int|float|bool|str|bytes|list|tuple|dict|object)$"
)
"""Modules and types, by full name, whose objects stand beside tensors and are not needed for them."""
_READ_BY_TORCH = frozenset(("collections.OrderedDict", "collections.Counter"))
_MAPPINGS = frozenset((
    "defaultdict", "EasyDict", "AttributeDict", "AttrDict", "ConfigDict", "CfgNode", "Dict", "Box", "Munch",
))  # fmt: skip


class InertObject:
    """What stands for a setting, a NumPy array or an epoch's best score beside the tensors."""

    def __init__(self, *_: object) -> None: ...

    def __setstate__(self, _: object) -> None: ...


class NumPyObject(InertObject):
    """As ``InertObject``, for what NumPy made."""


class _InertMapping:
    """A mapping beside the tensors: torch fills plain ones only."""

    def __new__(cls, *_: object) -> Any:
        return OrderedDict()


def load_inert(path: Path) -> object:
    """What a torch file holds, on the CPU: tensors, containers, plain values, and inert objects in place of others.

    Raises:
        WeightsError: the file is damaged, or holds objects that could run code.
    """
    named, protocol = _named_in(path)
    stand_ins: list[Any] = [_stand_in(name) for name in sorted(named) if _SETTINGS.match(name)]
    try:
        with warnings.catch_warnings(), safe_globals(stand_ins):
            warnings.simplefilter("ignore")  # torch's words to developers about its own old formats
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle fails with nearly any exception there is
        if found := re.search(r"(?:GLOBAL|global|class|call) ([\w.]+\.\w+)", str(error)):
            raise WeightsError(
                f"{path}: refused, it holds Python objects besides tensors ({found[1]}), which could run code; "
                "ask for a file of tensors only, or load it where you trust it and save the network's state_dict()"
            ) from None
        if protocol > 2:
            raise WeightsError(
                f"{path}: saved with pickle protocol {protocol}, which torch does not read without running code; "
                "save it with torch.save's own protocol, or as safetensors"
            ) from None
        raise WeightsError(f"{path}: damaged, cut off or no checkpoint ({_reason(error)}); fetch it again") from None


def _reason(error: Exception) -> str:
    """What torch says is wrong, without its advice to load the file in a way that runs code."""
    text = " ".join(str(error).split()) or type(error).__name__
    text = text.split("WeightsUnpickler error: ")[-1].split(" Check the documentation")[0]
    return text.removeprefix("Weights only load failed. ").split(". In PyTorch 2.6")[0].strip()[:300]


def _named_in(path: Path) -> tuple[set[str], int]:
    """Full names of the classes and functions that a torch file names, and the pickle protocol; none of it is run."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                member = next(n for n in archive.namelist() if PurePosixPath(n).name == "data.pkl")
                with archive.open(member) as file:
                    return _named_by(file)
        with path.open("rb") as file:  # the old format: three short pickles come first
            for _ in range(3):
                _named_by(file)
            return _named_by(file)
    except Exception:  # what is damaged is told by torch
        return set(), 2


def _named_by(file: IO[bytes]) -> tuple[set[str], int]:
    named, protocol = set(), 2
    for code, value, _ in _operations(file):
        if code == "GLOBAL":
            module, _, name = str(value).partition(" ")
            module, name = _compat_pickle.NAME_MAPPING.get((module, name), (module, name))
            named.add(f"{_compat_pickle.IMPORT_MAPPING.get(module, module)}.{name}")
        elif code == "PROTO":
            protocol = int(value)
    return named - _READ_BY_TORCH, protocol


def _operations(file: IO[bytes]) -> Iterator[tuple[str, Any, int | None]]:
    return ((operation.name, value, place) for operation, value, place in pickletools.genops(file))


def _stand_in(name: str) -> type:
    """A class that torch finds under the name that a file gives."""
    module, _, qualified = name.rpartition(".")
    kind: type = _InertMapping if qualified in _MAPPINGS else InertObject
    kind = NumPyObject if module.split(".")[0] == "numpy" else kind
    return type(qualified, (kind,), {"__module__": module, "__qualname__": qualified})
