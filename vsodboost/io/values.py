"""Plain values in one file: numbers, texts, arrays and tensors in lists, tuples and dictionaries; nothing that runs.

The file is safetensors: arrays and tensors as they are, the tree that they hang in as JSON in the header. So a file
that somebody else has written can be wrong, but it is no program.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vsodboost.data.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

TREE = "tree"
"""Where the header has the checksum of all and, after a space, the JSON: under one key, since safetensors writes
several in any order, and the same values shall make the same bytes."""


def values_bytes(value: Any) -> bytes:
    """Return ``value`` as such a file.

    Keys of dictionaries are texts or whole numbers. NumPy's numbers come back as Python's; arrays keep their dtype,
    tensors also the order of their memory (channels last), and come back on the CPU.

    Raises:
        TypeError: something in it is no plain value; the message says where.
    """
    from safetensors.torch import save

    tensors: dict[str, Tensor] = {}
    tree = json.dumps(_encoded(value, tensors, "the value"))
    return save(tensors, _header(tree, tensors))


def _header(tree: str, tensors: Mapping[str, Tensor]) -> dict[str, str]:
    return {TREE: f"{_checksum(tree, tensors)} {tree}"}


def _checksum(tree: str, tensors: Mapping[str, Tensor]) -> str:
    """A checksum of everything: a disk or a program that changed one number is found out."""
    import torch

    found = sha256(tree.encode())
    for name in sorted(tensors):
        found.update(tensors[name].contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return found.hexdigest()


def read_values(path: Path) -> Any:
    """Return what ``values_bytes`` made a file of.

    Raises:
        InputError: it is not there, damaged, or no such file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as opened:
            held = opened.metadata() or {}
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - no dictionary
        checksum, _, tree = held[TREE].partition(" ")
        if _checksum(tree, tensors) != checksum:
            raise ValueError("its checksum is wrong")
        return _decoded(json.loads(tree), tensors.__getitem__)
    except FileNotFoundError as error:
        raise InputError(f"{path} is not there") from error
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise InputError(f"{path} cannot be read ({' '.join(str(error).split())[:120]}); delete it") from error


def _encoded(value: Any, tensors: dict[str, Tensor], where: str) -> Any:  # noqa: PLR0911 - a case a return
    if value is None or isinstance(value, bool | str | int | float):
        return value
    if isinstance(value, np.generic):
        return _encoded(value.item(), tensors, where)
    if isinstance(value, np.ndarray):
        return _array(value, tensors, where)
    if isinstance(value, bytes):
        return {"bytes": _array(np.frombuffer(value, np.uint8), tensors, where)}
    if isinstance(value, dict):
        for key in value:
            if isinstance(key, bool) or not isinstance(key, str | int):
                raise TypeError(f"{where} has a key of type {type(key).__name__}; keys are texts or whole numbers")
        return {"dict": [[key, _encoded(item, tensors, f"{where}[{key!r}]")] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        items = [_encoded(item, tensors, f"{where}[{place}]") for place, item in enumerate(value)]
        return {"list" if isinstance(value, list) else "tuple": items}
    if hasattr(value, "detach"):
        return _tensor(value, tensors)
    raise TypeError(f"{where} is a {type(value).__name__}, which is no plain value")


def _array(value: Any, tensors: dict[str, Tensor], where: str) -> Any:
    import torch

    kind = value.dtype.str
    if value.dtype.kind not in "bfiu" or value.dtype.itemsize > 8:
        raise TypeError(f"{where} is an array of {value.dtype}; arrays hold numbers of up to 8 bytes")
    raw = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
    name = str(len(tensors))
    tensors[name] = torch.from_numpy(raw.copy())
    return {"array": name, "dtype": kind, "shape": list(value.shape)}


def _tensor(value: Tensor, tensors: dict[str, Tensor]) -> Any:
    import torch

    last = value.ndim == 4 and not value.is_contiguous() and value.is_contiguous(memory_format=torch.channels_last)
    name = str(len(tensors))
    tensors[name] = value.detach().cpu().contiguous().clone()
    return {"tensor": name, "channels_last": True} if last else {"tensor": name}


def _decoded(tree: Any, tensor: Any) -> Any:  # noqa: PLR0911 - a case a return
    if not isinstance(tree, dict):
        return tree
    if "dict" in tree:
        return {key: _decoded(item, tensor) for key, item in tree["dict"]}
    if "list" in tree:
        return [_decoded(item, tensor) for item in tree["list"]]
    if "tuple" in tree:
        return tuple(_decoded(item, tensor) for item in tree["tuple"])
    if "bytes" in tree:
        return _decoded(tree["bytes"], tensor).tobytes()
    if "array" in tree:
        kind = np.dtype(tree["dtype"])
        if kind.kind not in "bfiu":
            raise ValueError(f"an array of {kind} in it")
        return tensor(tree["array"]).numpy().view(kind).reshape(tree["shape"])
    import torch

    found = tensor(tree["tensor"])
    return found.contiguous(memory_format=torch.channels_last) if tree.get("channels_last") else found
