"""A report of results that are there already: from maps, frames.csv, run.json, and the source where it still is."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from vsodboost.data.decision import FORMER_FLAGS
from vsodboost.data.errors import InputError, UsageError, VideoError
from vsodboost.data.texts import brief, json_value
from vsodboost.data.video import Frame, VideoSource
from vsodboost.datasets.inputs import open_inputs
from vsodboost.io.part import Part
from vsodboost.io.recorded_path import recorded_path
from vsodboost.io.stored import has_target_trust, own_map, own_rows
from vsodboost.writers.report.chosen import Chosen, Spread
from vsodboost.writers.report.data import SCHEMA, FrameColumns, report_data
from vsodboost.writers.report.pictures import encoded, thumbs_of
from vsodboost.writers.report.writer import THUMBS

NUMBER = (int, float)
MAYBE = (int, float, type(None))
RECORD: dict[str, Any] = {
    "video": str, "path": str, "folder": str, "frames": int, "trust": NUMBER, "target_trust": MAYBE,
    "changed": NUMBER, "mined": int, "flags": {"": int},
    "warnings": [str], "cuts": [int], "seconds": {"": NUMBER}, "seconds_total": NUMBER,
    "settings": {"": object}, "versions": {"": object}, "write": {"": object},
}  # fmt: skip
"""What reports read of a ``run.json``, and of which types it is."""
PART = {"start": NUMBER, "stop": NUMBER, "max_frames": int, "every": int, "size": str}
"""The settings that make a ``Part``."""
MEND = "boost the video again with --overwrite"
NOTE = (
    "Made from what was written: motion, the target's map and doubt were not kept; "
    "boost the video again with --write report to see them."
)


def result_folders(out: Path) -> list[Path]:
    """Return the folders of ``out`` that hold a video's finished results, by name.

    Raises:
        UsageError: ``out`` is no folder, or there is none.
    """
    if not out.is_dir():
        raise UsageError(f"{out}: no such folder; name the output folder of vsodboost wrap")
    found = sorted(f for f in out.iterdir() if not f.name.startswith(".") and (f / "run.json").is_file())
    if not found:
        raise UsageError(f"{out} holds no results; it is for the output folder of vsodboost wrap")
    return found


def read_json(path: Path) -> dict[str, Any]:
    """Return a file of ours; a ``run.json`` is checked by its types. Raises InputError when it cannot be read or is
    none."""
    try:
        found = json_value(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); {MEND}") from error
    if not isinstance(found, dict):
        raise InputError(f"{path} is not what vsodboost writes; {MEND}")
    wrong = next((key for key in RECORD if key in found and not _is(RECORD[key], found[key])), None)
    if wrong is not None and path.name == "run.json":
        raise InputError(f"{path}: its {wrong!r} is not what vsodboost writes; {MEND}")
    return found


def _is(kind: Any, value: Any) -> bool:
    """Whether a JSON value is of a kind of ``RECORD``."""
    if isinstance(kind, list):
        return isinstance(value, list) and all(_is(kind[0], one) for one in value)
    if isinstance(kind, dict):
        return isinstance(value, dict) and all(_is(kind[""], one) for one in value.values())
    if kind is object:
        return True
    if not isinstance(value, kind) or isinstance(value, bool):
        return False
    return kind not in (NUMBER, MAYBE) or value is None or math.isfinite(value)


def stored_data(folder: Path) -> dict[str, Any] | None:
    """Return what ``report.json`` says, None where there is none or it is of an earlier run than the maps."""
    try:
        data = read_json(folder / "report.json")
    except InputError:
        return None
    run = read_json(folder / "run.json")
    of_this_run = data.get("run", {}).get("seconds_total") == run.get("seconds_total")
    return data if data.get("schema") == SCHEMA and of_this_run and data.get("count") == run.get("frames") else None


def data_of(folder: Path) -> dict[str, Any]:
    """Return the data of a video's report: the stored ones, else made from the other files.

    Raises:
        InputError: a file is missing or is not what vsodboost writes.
    """
    return stored_data(folder) or _made(folder)


def _made(folder: Path) -> dict[str, Any]:
    run = read_json(folder / "run.json")
    columns, chosen, thumbed = FrameColumns(), Chosen(), Spread(THUMBS)
    for index, row in enumerate(own_rows(folder / "frames.csv")):
        if "target_trust" in row and not has_target_trust(row):
            row["target_trust"] = ""
        name, mined, flag = row.pop("frame"), row.pop("mined") == "1", row.pop("flag") or ""
        flag = FORMER_FLAGS.get(flag, flag)
        numbers = {key: _number(value) for key, value in row.items() if key is not None}
        columns.add(name, numbers, mined=mined, flag=flag)
        trust, quality = numbers.get("trust") or 0.0, numbers.get("quality") or 0.0
        chosen.offer(index, trust=trust, change=0.0, quality=quality, mined=mined)
        thumbed.offer(index)
    chosen.change.scores.clear()
    reasons = chosen.reasons()
    full, thumbs, size = {}, {}, [0, 0]
    wanted, note = {*reasons, *thumbed.frames}, NOTE
    try:
        for index, frame in frames_of(run, folder.parent, wanted):
            saliency = own_map(folder, frame.name)
            size = list(frame.image.shape[:2])
            if saliency.shape != frame.image.shape[:2]:
                raise InputError(
                    f"{run.get('path')} is no longer the video of these maps: its frames have another size"
                )
            if index in reasons:
                full[index] = encoded({"frame": frame.image, "boosted": saliency})
            thumbs[index] = thumbs_of(frame.image, np.asarray(saliency / np.float32(255)))
    except (UsageError, VideoError) as error:
        full, thumbs, note = {}, {}, f"{NOTE} There are no pictures: {error}"
    about = {"video": str(run.get("video", folder.name)), "path": str(run.get("path", "?")), "size": size, "fps": 0}
    return {**report_data(columns, reasons, full, thumbs, about, run), "note": note}


def source_of(run: Mapping[str, Any], out: Path) -> VideoSource:
    """Return the video, or the part of it, that ``run.json`` is about, results being in ``out`` (``recorded_path``).

    Raises:
        UsageError: it is no longer there.
    """
    path = recorded_path(run, out)
    sources = [source for source in open_inputs([path]) if source.name == run.get("video")]
    if not sources:
        raise UsageError(f"{path} no longer holds a video {run.get('video')!r}")
    return part_of(run.get("settings", {})).of(sources[0])


def part_of(settings: Mapping[str, Any]) -> Part:
    """Return which part of a video the settings of a run name; all of it where they name none.

    Raises:
        UsageError: what they name is no part.
    """
    for name, kind in PART.items():
        if settings.get(name) is not None and not _is(kind, settings[name]):
            raise UsageError(f"run.json: {name} is {brief(settings[name])}, which no run has; {MEND}")
    return Part(**{f.name: settings.get(f.name) for f in fields(Part)})


def frames_of(run: Mapping[str, Any], out: Path, wanted: Collection[int]) -> Iterator[tuple[int, Frame]]:
    """Yield the wanted frames of the video that ``run.json`` is about with their indices, as far as it has them;
    results are in ``out``.

    Raises:
        UsageError: it is no longer there.
        InputError: it cannot be read.
    """
    if not wanted:
        return
    last = max(wanted)
    for index, frame in enumerate(source_of(run, out).frames()):
        if index in wanted:
            yield index, frame
        if index >= last:
            return


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
