"""The checkpoint of a video that is being worked on: ``<out>/<video>/.checkpoint/``, gone when the video is done.

``state.safetensors`` holds what the next buffer depends on (``pipeline.checkpoint`` says what that is). Beside it lie
the parts of outputs that are not complete yet, such as the rows of a table, under names that their writers choose. A
part may have grown beyond the state, when the run was killed in between: the state says how much of it counts.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from vsodboost.data.errors import InputError
from vsodboost.io.atomic import atomic_path, remove_leftovers, write_errors
from vsodboost.io.output_paths import video_folder
from vsodboost.io.values import read_values, values_bytes

FOLDER = ".checkpoint"
STATE = "state.safetensors"


class Stale(InputError):
    """A checkpoint does not belong to what is to be done now, or cannot be read: the video is made anew."""


class Checkpoint:
    """The checkpoint of one video in the output folder ``out``. ``identity`` is any text that changes with what the
    results depend on: a state of another identity counts for nothing."""

    def __init__(self, out: str | Path, video: str, identity: str) -> None:
        self.folder = video_folder(out, video) / FOLDER
        self.identity = identity
        if self.folder.is_symlink():
            raise InputError(f"{self.folder} is a link; remove it")

    @property
    def exists(self) -> bool:
        """Whether there is a state, of whatever identity."""
        return (self.folder / STATE).is_file()

    def load(self) -> dict[str, Any] | None:
        """Return the state that was saved last; None when there is none.

        Raises:
            Stale: it is damaged, or of another identity.
        """
        if not self.exists:
            return None
        try:
            found = read_values(self.folder / STATE)
        except InputError as error:
            raise Stale(f"its checkpoint is damaged ({error})") from error
        if not isinstance(found, dict) or not isinstance(found.get("state"), dict):
            raise Stale(f"{self.folder / STATE} is no checkpoint")
        if found.get("identity") != self.identity:
            raise Stale("it was begun with other settings, writers, weights or versions")
        state: dict[str, Any] = found["state"]
        return state

    def save(self, state: dict[str, Any]) -> None:
        """Put ``state`` in the place of the one before, whole or not at all, also when the machine loses its power.

        Raises:
            TypeError: something in it is no plain value (``io.values``).
            VsodboostError: it cannot be written.
        """
        data = values_bytes({"identity": self.identity, "state": state})
        path = self.folder / STATE
        with atomic_path(path) as temporary, write_errors(path), temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self.folder)

    def clear_parts(self) -> None:
        """Delete the parts of outputs, and what a kill left beside them; the state stays."""
        with write_errors(self.folder):
            for file in self.folder.iterdir() if self.folder.is_dir() else ():
                if file.is_dir() and not file.is_symlink():
                    shutil.rmtree(file)
                elif file.name != STATE:
                    file.unlink()

    def clear(self) -> None:
        """Delete everything: the video is done, or is made anew. The state goes first: parts without it are nothing."""
        with write_errors(self.folder):
            (self.folder / STATE).unlink(missing_ok=True)
            if self.folder.is_dir():
                shutil.rmtree(self.folder)


def sweep(out: str | Path, video: str) -> None:
    """Delete the temporary files of a process that was killed while it worked on ``video``; its checkpoint stays."""
    folder = video_folder(out, video)
    for place in (folder, folder / FOLDER):
        remove_leftovers(place)


def sync_file(path: Path) -> None:
    """Have the disk hold what was written to a part, before a state counts on it. Raises VsodboostError."""
    with write_errors(path), path.open("rb+") as file:
        os.fsync(file.fileno())


def cut_back(path: Path, size: int) -> None:
    """Cut a part that may have grown since back to its first ``size`` bytes.

    Raises:
        Stale: it is not there, or shorter: what a state counts on is gone.
    """
    with write_errors(path):
        if not path.is_file() or path.stat().st_size < size:
            raise Stale(f"{path} is not as its checkpoint says")
        os.truncate(path, size)


def sync_folder(folder: Path) -> None:
    """Have the disk hold the names in ``folder``, where the system can say that of a folder."""
    with suppress(OSError):  # Windows opens no folders, and some network file systems sync none
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
