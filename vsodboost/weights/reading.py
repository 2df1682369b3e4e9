"""Read checkpoint files as people find them, never running what is in them.

A file is told apart by its first bytes, not by its name. Torch files are read with ``weights_only=True``, whatever
they hold; everything that goes wrong becomes one line that names the file.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torch.serialization import safe_globals

from vsodboost.data.errors import WeightsError

Reader = Callable[[Path], Mapping[str, Tensor]]

WRAPPERS = ("state_dict", "model", "net")
"""Keys under which training scripts put the parameters, next to optimiser state and epoch numbers."""

_LONGEST_SAFETENSORS_HEADER = 100_000_000  # the format's own limit


def read_checkpoint(path: Path, reader: Reader | None = None) -> dict[str, Tensor]:
    """All tensors of a checkpoint, by name and on the CPU, wrapper and ``module.`` prefixes taken off.

    Understands torch files (zip and the format before torch 1.6) that are flat or wrapped in ``state_dict``, ``model``
    or ``net``, and safetensors; a file of any other kind goes to ``reader``, where there is one.

    Raises:
        WeightsError: the file is missing, damaged, unsafe, or no checkpoint.
    """
    path = Path(path)
    head = _first_bytes(path)
    if head.startswith(b"PK"):
        _check_archive(path)
        return _parameters(path, _load_torch(path))
    if len(head) == 2 and head[0] == 0x80 and head[1] <= 5:
        return _parameters(path, _load_torch(path))
    if _is_safetensors(path):
        try:
            return _unprefixed(load_file(path))
        except (SafetensorError, ValueError) as error:
            raise WeightsError(f"{path}: damaged safetensors file ({_one_line(error)}); fetch it again") from None
    if _is_web_page(path):
        raise WeightsError(f"{path}: a web page, not weights; open the link in a browser and confirm the download")
    if reader is not None:
        return dict(reader(path))
    raise WeightsError(f"{path}: neither a torch checkpoint nor safetensors; is this the authors' file?")


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(2)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    if not head:
        raise WeightsError(f"{path}: empty; fetch it again")
    return head


def _is_safetensors(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(9)
    return head[8:] == b"{" and int.from_bytes(head[:8], "little") <= _LONGEST_SAFETENSORS_HEADER


def _is_web_page(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(512).lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html", b"<head"))


def _check_archive(path: Path) -> None:
    """Refuse archives that are cut off, that point outside themselves or that hold more than the file could."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise WeightsError(f"{path}: damaged or cut off ({_one_line(error)}); fetch it again") from None
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or re.match("[A-Za-z]:", member.filename):
            raise WeightsError(f"{path}: refused, its member '{member.filename}' points outside the archive")
    if sum(member.file_size for member in members) > path.stat().st_size:
        raise WeightsError(f"{path}: compressed, so not written by torch; unpack it and add the file inside")
    names = [member.filename for member in members]
    if not any(PurePosixPath(name).name == "data.pkl" for name in names):
        inside = ", ".join(names[:3]) or "nothing"
        raise WeightsError(f"{path}: an archive of {inside}, not a checkpoint; unpack it and add the file inside")


def _load_torch(path: Path) -> object:
    try:
        with warnings.catch_warnings(), safe_globals(_STAND_INS):
            warnings.simplefilter("ignore")  # torch's words to developers about its own old formats
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle fails with nearly any exception there is
        if named := re.search(r"(?:GLOBAL|global|class|call) ([\w.]+\.\w+)", str(error)):
            raise WeightsError(
                f"{path}: refused, it holds Python objects besides tensors ({named[1]}), which could run code; "
                "ask for a file of tensors only"
            ) from None
        raise WeightsError(f"{path}: damaged, cut off or no checkpoint ({_one_line(error)}); fetch it again") from None


def _parameters(path: Path, content: object) -> dict[str, Tensor]:
    """The name-to-tensor mapping inside what torch read."""
    for _ in WRAPPERS:  # they may be nested
        if isinstance(content, Mapping):
            content = next((content[key] for key in WRAPPERS if isinstance(content.get(key), Mapping)), content)
    if not isinstance(content, Mapping) or not content:
        raise WeightsError(f"{path}: holds {_what(content)}, not named tensors; save the network's state_dict()")
    for name, value in content.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise WeightsError(
                f"{path}: '{name}' is {_what(value)}, not a tensor; parameters are looked for at the top and under "
                f"{', '.join(WRAPPERS)}"
            )
    return _unprefixed({name: value.detach() for name, value in content.items()})


class NumPyObject:
    """What stands for a NumPy number or array beside the tensors, such as an epoch's best score."""

    def __init__(self, *_: object) -> None: ...

    def __setstate__(self, _: object) -> None: ...


def _stand_in(name: str) -> type[NumPyObject]:
    """A class that torch finds under the name that a file gives, so that nothing of NumPy itself is called."""
    module, _, qualified = name.rpartition(".")
    return type(qualified, (NumPyObject,), {"__module__": module, "__qualname__": qualified})


_STAND_INS: list[Any] = [
    _stand_in(f"numpy{name}")
    for name in (
        ".dtype", ".ndarray", ".core.multiarray.scalar", "._core.multiarray.scalar", ".core.multiarray._reconstruct",
        "._core.multiarray._reconstruct",
    )
]  # fmt: skip


def _unprefixed(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Without the ``module.`` that DataParallel puts before every name."""
    while tensors and all(name.startswith("module.") for name in tensors):
        tensors = {name.removeprefix("module."): value for name, value in tensors.items()}
    return tensors


def _what(content: Any) -> str:
    if isinstance(content, NumPyObject):
        return "a NumPy object"
    empty = isinstance(content, Mapping) and not content
    return f"an empty {type(content).__name__}" if empty else f"a {type(content).__name__}"


def _one_line(error: BaseException) -> str:
    """The first line of an error's text, at most 100 characters."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:100]
