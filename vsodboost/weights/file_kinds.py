"""What a file is, told by its first bytes and, for archives, by the names inside; nothing of it is run."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath
from typing import Literal

from vsodboost.data.errors import WeightsError
from vsodboost.io.limits import refuse_endless

Kind = Literal["torch", "safetensors", "other"]

_LONGEST_SAFETENSORS_HEADER = 100_000_000  # the format's own limit
_LEGACY_TORCH = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""What follows the protocol in files of the format before torch 1.6: the pickled number 0x1950a86a20f9469cfc6c."""
_OTHERS = (
    (b"\x89HDF", "an HDF5 file, as Keras writes, not a torch checkpoint"),
    (b"\x1f\x8b", "a gzip archive, not a checkpoint; unpack it and add the file inside"),
    (b"version https://git-lfs", "a Git LFS pointer, not the weights; fetch the file with git lfs pull"),
    (b"\x93NUMPY", "a NumPy array, not a torch checkpoint"),
)


def kind_of(path: Path) -> Kind:
    """``torch`` (a checkpoint, new or old format), ``safetensors`` or ``other``, which a model's own reader may know.

    Raises:
        WeightsError: the file cannot be read, is empty, or is surely none of these; the message says what it is.
    """
    refuse_endless(path, WeightsError)
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    if not head:
        raise WeightsError(f"{path}: empty; fetch it again")
    if head.startswith(b"PK"):
        check_archive(path)
        return "torch"
    if head[0] == 0x80 and head[1:2] and head[1] <= 5:
        if not head[2:].startswith(_LEGACY_TORCH) and not _LEGACY_TORCH.startswith(head[2:]):
            raise WeightsError(
                f"{path}: refused, a pickle that torch.save did not write, which could run code; load it where you "
                "trust it and save its named tensors with torch.save"
            )
        return "torch"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= _LONGEST_SAFETENSORS_HEADER:
        return "safetensors"
    if head.lstrip().lower().startswith((b"<!doctype html", b"<html", b"<head")):
        raise WeightsError(f"{path}: a web page, not weights; open the link in a browser and confirm the download")
    for start, words in _OTHERS:
        if head.startswith(start):
            raise WeightsError(f"{path}: {words}")
    return "other"


def check_archive(path: Path) -> None:
    """Refuse archives that are cut off, that point outside themselves, that hold more than the file could or code."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise WeightsError(f"{path}: damaged or cut off ({reason}); fetch it again") from None
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or (len(member.filename) > 1 and member.filename[1] == ":"):
            raise WeightsError(f"{path}: refused, its member '{member.filename}' points outside the archive")
    if sum(member.file_size for member in members) > path.stat().st_size:
        raise WeightsError(f"{path}: compressed, so not written by torch; unpack it and add the file inside")
    names = [member.filename for member in members]
    if (program := _program(names)) is not None:
        loader = "torch.jit.load" if "Script" in program else "torch.export.load"
        raise WeightsError(
            f"{path}: refused, {program}, which holds code beside the weights; load it with {loader} where you trust "
            "it and save its state_dict()"
        )
    if not any(PurePosixPath(name).name == "data.pkl" for name in names):
        first = ", ".join(names[:3]) or "nothing"
        raise WeightsError(f"{path}: an archive of {first}, not a checkpoint; unpack it and add the file inside")


def program_in(path: Path) -> str | None:
    """What program a file is that torch can run without its Python code, in words; None when it is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _program(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return None


def _program(names: list[str]) -> str | None:
    inside = {PurePosixPath(name).name for name in names}
    if "constants.pkl" in inside:
        return "a TorchScript program"
    exported = "archive_format" in inside or "serialized_exported_program.json" in inside
    return "a torch.export program" if exported else None
