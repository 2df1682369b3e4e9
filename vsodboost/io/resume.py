"""Which videos of an output folder are done, so that a killed run can go on where it stopped.

``<out>/<video>/.started.json`` is written before the first map and ``.done.json`` after everything else, so a video
without the second is unfinished, whenever the run was killed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from vsodboost.data.errors import InputError
from vsodboost.data.texts import json_value
from vsodboost.io.atomic import remove_leftovers, write_errors, write_text
from vsodboost.io.output_paths import video_folder

DONE = ".done.json"
STARTED = ".started.json"
State = Literal["fresh", "partial", "done", "other settings"]


class VideoState:
    """The state of one video's output folder; ``fingerprint`` is any string that changes with the settings."""

    @staticmethod
    def check(out: str | Path, video: str, fingerprint: str) -> State:
        """``done``: finished with these settings, and every map is there; ``other settings``: finished, with others;
        ``fresh``: nothing there; ``partial``: anything else.

        Raises:
            InputError: there is a file where the folder should be, or it cannot be listed.
        """
        folder = video_folder(out, video)
        try:
            if not any(folder.iterdir()):
                return "fresh"
        except FileNotFoundError:
            return "fresh"
        except NotADirectoryError as error:
            raise InputError(f"{folder} is a file; remove it, or choose another -o") from error
        except OSError as error:
            raise InputError(f"cannot read {folder}: {error.strerror or error}") from error
        marker = _read(folder / DONE)
        if marker is None:
            return "partial"
        if marker["fingerprint"] != fingerprint:
            return "other settings"
        return "partial" if _lost(folder, marker) else "done"

    @staticmethod
    def lost(out: str | Path, video: str) -> list[str] | None:
        """Return the maps of a finished video that are gone or empty; None when it is not finished."""
        folder = video_folder(out, video)
        marker = _read(folder / DONE)
        return None if marker is None else _lost(folder, marker)

    @staticmethod
    def begin(out: str | Path, video: str, fingerprint: str) -> None:
        """Before the first map of a video is (re)written: withdraw the marker and sweep what an earlier run left.

        Maps are deleted only where a marker shows that a run of ours wrote them: those that it names, or, where the
        video was not finished, all pictures.

        Raises:
            VsodboostError: the folder cannot be written; a VideoError when other folders may be.
        """
        folder = video_folder(out, video)
        ours = (folder / DONE).exists() or (folder / STARTED).exists()
        done = None if (folder / STARTED).exists() else _read(folder / DONE)
        named = None if done is None else {f"{name}.png" for name in done["frames"]}
        earlier = [file for file in folder.glob("*.png") if named is None or file.name in named] if ours else []
        write_text(folder / STARTED, json.dumps({**begun(folder), "fingerprint": fingerprint}))
        with write_errors(folder):
            (folder / DONE).unlink(missing_ok=True)
            for file in earlier:
                file.unlink(missing_ok=True)
        remove_leftovers(folder)

    @staticmethod
    def finish(
        out: str | Path, video: str, fingerprint: str, frames: Sequence[str], made_of: Mapping[str, Any] | None = None
    ) -> None:
        """After everything else of a video is written: say that it is done, with the names of its frames, and what
        files it was ``made_of`` (``io.file_prints``).

        Raises:
            VsodboostError: the marker cannot be written.
        """
        folder = video_folder(out, video)
        known = {"made_of": dict(made_of)} if made_of else {}
        write_text(folder / DONE, json.dumps({"fingerprint": fingerprint, "frames": list(frames), **known}))
        with write_errors(folder / STARTED):
            (folder / STARTED).unlink(missing_ok=True)


def begun(folder: Path) -> dict[str, Any]:
    """Return what the marker of an unfinished video says; nothing when there is none, or none that can be read."""
    return record_in(folder / STARTED)


def record_in(path: Path) -> dict[str, Any]:
    """Return the object that a JSON file holds; an empty one when there is none, or none that can be read."""
    try:
        found = json_value(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def settings_of(folder: Path) -> str | None:
    """Return the fingerprint that a finished video's folder was made with; None when it is not finished."""
    marker = _read(folder / DONE)
    return None if marker is None else str(marker["fingerprint"])


def made_of(folder: Path) -> Any:
    """Return what a finished video's folder says of the files it was made of; None when it says nothing."""
    marker = _read(folder / DONE)
    return None if marker is None else marker.get("made_of")


def _lost(folder: Path, marker: dict[str, Any]) -> list[str]:
    """The maps that a marker names and that are gone or empty."""
    with os.scandir(folder) as entries:
        there = {entry.name for entry in entries if entry.name.endswith(".png") and entry.stat().st_size}
    return [f"{name}.png" for name in marker["frames"] if f"{name}.png" not in there]


def _read(path: Path) -> dict[str, Any] | None:
    """The marker, None when it is absent or not one of ours."""
    try:
        marker = json_value(path.read_text(encoding="utf-8"))
        return marker if isinstance(marker["fingerprint"], str) and isinstance(marker["frames"], list) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
