"""Atomic writes: a temporary file in the same folder, then ``Path.replace``.

A run may be killed at any moment: under its final name a file is whole or absent. What a kill leaves behind starts
with ``TEMPORARY`` and is swept away by the next run (``remove_leftovers``).
"""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import VideoError, VsodboostError
from vsodboost.io.unfinished import unfinished

TEMPORARY = ".vsodboost-tmp-"

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_STOPS = {*_FULL, errno.EROFS, errno.EIO}


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """A temporary path beside ``path``, with its suffix, that replaces ``path`` when the block ends without an error.

    The folder is made when missing. For writers that want a path of their own (video muxers).

    Raises:
        VsodboostError: the disk is full or read-only.
        VideoError: the folder or file cannot be written (permission, a file where a folder should be).
    """
    path = Path(path)
    temporary = path.with_name(f"{TEMPORARY}{secrets.token_hex(6)}{path.suffix}")
    with write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    unfinished.add(temporary)
    try:
        yield temporary
        with write_errors(path):
            temporary.replace(path)
    finally:
        with write_errors(path):
            temporary.unlink(missing_ok=True)
        unfinished.discard(temporary)


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write ``data`` to ``path`` atomically; raises VsodboostError naming the file."""
    with atomic_path(path) as temporary, write_errors(Path(path)):
        temporary.write_bytes(data)


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` to ``path`` atomically, UTF-8 and ``\\n`` everywhere; raises VsodboostError naming the file."""
    write_bytes(path, text.encode("utf-8"))


def write_png(path: str | Path, image: NDArray[np.uint8]) -> None:
    """Write ``png_bytes`` of an image, atomically; raises as that does, and VsodboostError naming the file."""
    write_bytes(path, png_bytes(image))


def png_bytes(image: NDArray[np.uint8]) -> bytes:
    """Return ``uint8[H, W]`` (grey), ``uint8[H, W, 3]`` (RGB) or ``uint8[H, W, 4]`` (RGBA) as a PNG.

    Raises:
        ValueError: ``image`` is of another shape or dtype, or empty.
    """
    if image.dtype != np.uint8 or image.size == 0 or not (image.ndim == 2 or image.shape[2:] in ((3,), (4,))):
        raise ValueError(f"a PNG wants uint8[H, W], [H, W, 3] or [H, W, 4], not {image.dtype}{list(image.shape)}")
    swap = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    pixels = image if image.ndim == 2 else cv2.cvtColor(image, swap[image.shape[2]])
    return bytes(cv2.imencode(".png", pixels)[1].tobytes())


class Aborted(Exception):
    """What open files are told when what they were written for failed."""


def drop(unfinished: ExitStack) -> None:
    """Leave ``atomic_path`` and the like as if their block had failed: nothing gets its final name."""
    error = Aborted()
    with suppress(Aborted):
        unfinished.__exit__(Aborted, error, None)


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files that a killed run left in ``folder`` (not in folders below it)."""
    for leftover in folder.glob(f"{TEMPORARY}*"):
        with write_errors(leftover):
            leftover.unlink(missing_ok=True)


@contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Turn an OSError of the block into a one-line error that names ``path``.

    Raises:
        VsodboostError: nothing more can be written anywhere: the disk is full, failing or read-only.
        VideoError: this file cannot be written; others may.
    """
    try:
        yield
    except OSError as error:
        kind = VsodboostError if stops_everything(error) else VideoError
        mend = "; make room and run it again" if error.errno in _FULL else ""
        raise kind(f"cannot write {path}: {error.strerror or error}{mend}") from error


def stops_everything(error: Exception) -> bool:
    """Whether a failed write says that other files of the same disk will fail, too."""
    return getattr(error, "errno", None) in _STOPS
