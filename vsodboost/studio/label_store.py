"""The labels that are painted, and every version of them: nothing is lost when the tab or the server goes."""

from __future__ import annotations

import io
import json
import struct
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vsodboost.data.errors import InputError, UsageError
from vsodboost.data.texts import json_value
from vsodboost.io.atomic import write_png, write_text

SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Outdated(UsageError):
    """The label was changed in another tab since it was read."""


@dataclass
class History:
    """One frame's label: version ``at`` of ``versions`` holds (0: there is none); ``revision`` grows with every
    change."""

    versions: int = 0
    at: int = 0
    revision: int = 0


class LabelStore:
    """Labels of one video in ``folder``: a mask a version at ``<frame>/<version>.png``, and ``labels.json``.

    A version is on disk before ``labels.json`` names it, and each file appears whole or not at all.
    """

    def __init__(self, folder: Path, size: tuple[int, int]) -> None:
        self.folder, self.size = folder, size
        self._lock = threading.RLock()
        self._histories: dict[str, History] = {}
        file = folder / "labels.json"
        if file.exists():
            try:
                found = json_value(file.read_text(encoding="utf-8"))
                self._histories = {name: History(**history) for name, history in found.items()}
            except (OSError, ValueError, TypeError, AttributeError) as error:
                raise InputError(f"{file} is not what the studio writes ({error}); move it away") from error

    def history(self, frame: str) -> History:
        """Return the state of a frame's label, whether it has one or not."""
        return self._histories.get(frame, History())

    def labelled(self) -> dict[str, History]:
        """Return the frames that have a label now."""
        return {name: history for name, history in self._histories.items() if history.at}

    def file(self, frame: str) -> Path | None:
        """Return where a frame's label lies, None where it has none."""
        history = self.history(frame)
        return self.folder / frame / f"{history.at:04d}.png" if history.at else None

    def paint(self, frame: str, mask: NDArray[np.uint8], revision: int) -> History:
        """Take a new mask ``uint8[H, W]`` (255: the object), made from the label as of ``revision``; what was undone
        before is given up.

        Raises:
            Outdated: the label has changed since.
            InputError: the mask is of another size than the video.
        """
        if mask.shape != self.size:
            raise InputError(
                f"a label of {mask.shape[1]}x{mask.shape[0]} px for frames of {self.size[1]}x{self.size[0]}"
            )
        with self._lock:
            history = self._as_of(frame, revision)
            at = history.at + 1
            write_png(self.folder / frame / f"{at:04d}.png", mask)
            return self._set(frame, History(at, at, history.revision + 1))

    def step(self, frame: str, by: int, revision: int) -> History:
        """Undo (-1) or redo (+1) a change; at the end of the history nothing happens. Raises Outdated."""
        with self._lock:
            history = self._as_of(frame, revision)
            at = min(max(0, history.at + by), history.versions)
            if at == history.at:
                return history
            return self._set(frame, History(history.versions, at, history.revision + 1))

    def write_to(self, folder: Path) -> int:
        """Write the labels as ``<folder>/<frame>.png`` and return how many there are."""
        with self._lock:
            for frame in self.labelled():
                file = self.file(frame)
                assert file is not None
                write_png(folder / f"{frame}.png", mask_in(file.read_bytes(), self.size))
            return len(self.labelled())

    def _as_of(self, frame: str, revision: int) -> History:
        history = self.history(frame)
        if history.revision != revision:
            raise Outdated("this label was changed in another tab; here is what it is now")
        return history

    def _set(self, frame: str, history: History) -> History:
        changed = {**self._histories, frame: history}
        write_text(self.folder / "labels.json", json.dumps({name: asdict(h) for name, h in changed.items()}))
        self._histories = changed
        return history


def mask_in(data: bytes, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the mask in an image of ``size`` (H, W), ``uint8[H, W]`` of 0 and 255: where it is opaque, or bright if it
    has no alpha. The size is looked at before anything is decoded.

    Raises:
        InputError: it is no PNG, or of another size.
    """
    if data[:8] != SIGNATURE or data[12:16] != b"IHDR" or len(data) < 24:
        raise InputError("a label is to be a PNG; this is none")
    width, height = struct.unpack(">II", data[16:24])
    if (height, width) != size:
        raise InputError(f"a label of {width}x{height} px for frames of {size[1]}x{size[0]}")
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            plane = np.asarray(image.getchannel("A") if image.mode == "RGBA" else image.convert("L"))
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError(f"this label cannot be read: {error}") from error
    return np.where(plane >= 128, np.uint8(255), np.uint8(0))
