"""``index.html``: all videos of an output folder on one page, sortable, with what failed and why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from vsodboost.data.errors import InputError, UsageError
from vsodboost.io.atomic import write_text
from vsodboost.io.resume import STARTED
from vsodboost.io.run_report import read_failed
from vsodboost.writers.report.existing import read_json, result_folders
from vsodboost.writers.report.page import index_page

PICTURES = 300
"""Videos of which a picture is shown, at most; the others have words."""
NUMBERS = {
    "frames": ("frames", "%d"),
    "target_trust": ("target's trust", "%.2f"),
    "trust": ("trust", "%.2f"),
    "gain": ("gain", "%+.2f"),
    "mined": ("learned from", "%d"),
    "flagged": ("flagged", "%d"),
    "S": ("S by truth", "%.3f"),
    "seconds": ("seconds", "%.1f"),
}


def write_index(out: Path, failed: Mapping[str, str] | None = None) -> Path:
    """Write ``index.html`` and return its path; ``failed`` are videos that a run could not do, and why, beside those
    of ``failed.json``.

    Raises:
        VsodboostError: the file cannot be written.
    """
    write_text(out / "index.html", index_page(index_data(out, failed or {})))
    return out / "index.html"


def index_data(out: Path, failed: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page of all videos shows: ``columns``, ``videos`` (rows, the least trusted first), ``failed`` and
    the ``mean`` of every column."""
    try:
        folders = result_folders(out)
    except UsageError:
        folders = []
    not_done = {**{name: failure.reason for name, failure in read_failed(out).items()}, **failed}
    rows: list[dict[str, Any]] = []
    for folder in folders:
        try:
            rows.append(_row(folder, picture=len(rows) < PICTURES))
        except InputError as error:
            not_done.setdefault(folder.name, str(error))
    done = {row["video"] for row in rows}
    for marker in sorted(out.glob(f"*/{STARTED}")):
        if marker.parent.name not in done:
            not_done.setdefault(marker.parent.name, "not finished; --resume goes on with it")
    rows.sort(key=lambda row: (row["cells"]["trust"] if row["cells"]["trust"] is not None else 2, row["video"]))
    known = [key for key in NUMBERS if any(row["cells"][key] is not None for row in rows)]
    columns = [{"key": "video", "name": "video", "kind": "text", "format": ""}]
    columns += [{"key": key, "name": NUMBERS[key][0], "kind": "number", "format": NUMBERS[key][1]} for key in known]
    values = {key: [row["cells"][key] for row in rows if row["cells"][key] is not None] for key in known}
    mean = {key: float(np.mean(found)) for key, found in values.items()}
    return {"videos": rows, "failed": not_done, "columns": columns, "mean": mean}


def _row(folder: Path, *, picture: bool) -> dict[str, Any]:
    run = read_json(folder / "run.json")
    try:
        return _row_of(folder, run, picture=picture)
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        path = folder / "report.json"
        raise InputError(f"{path} is not what vsodboost writes; boost the video again with --overwrite") from error


def _row_of(folder: Path, run: dict[str, Any], *, picture: bool) -> dict[str, Any]:
    trust, before = run.get("trust"), run.get("target_trust")
    stored: dict[str, Any] = {}
    if picture and (folder / "report.json").is_file():
        stored = read_json(folder / "report.json")
    thumbs, truth = stored.get("thumbs") or [], stored.get("truth") or {}
    cells = {
        "video": folder.name,
        "frames": run.get("frames"),
        "target_trust": before,
        "trust": trust,
        "gain": None if trust is None or before is None else trust - before,
        "mined": run.get("mined"),
        "flagged": sum(run.get("flags", {}).values()),
        "S": truth.get("figures", {}).get("boosted", {}).get("S"),
        "seconds": run.get("seconds_total"),
    }
    return {
        "video": folder.name,
        "link": f"{quote(folder.name)}/report.html" if (folder / "report.html").is_file() else "",
        "picture": thumbs[len(thumbs) // 2]["frame"] if thumbs else "",
        "cells": cells,
    }
