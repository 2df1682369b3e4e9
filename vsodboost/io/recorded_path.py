"""Where the video lies that a ``run.json`` is about."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def recorded_path(run: Mapping[str, Any], out: Path) -> Path:
    """Return the path of the video, results being in ``out``.

    A relative one leads from the ``folder`` in which the run was started. Where that is gone, as when results and
    videos were moved together, it may lead from the folder around ``out``, from ``out``, or from here; from here first
    in a record that does not know its folder. Where nothing is found the path is as it was given.
    """
    path, folder = Path(str(run.get("path", ""))), run.get("folder")
    if path.is_absolute():
        return path
    around = (out.absolute().parent, out.absolute())
    places = (Path(), *around) if folder is None else (Path(str(folder)), *around, Path())
    return next((place / path for place in places if (place / path).exists()), path)
