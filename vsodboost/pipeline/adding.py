"""Outputs that a finished video lacks, made from its maps: ``--resume`` with another ``--write``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from vsodboost.data.errors import InputError
from vsodboost.data.texts import json_value
from vsodboost.data.video import VideoSource
from vsodboost.io.atomic import write_text
from vsodboost.io.checkpoint import Checkpoint
from vsodboost.io.frame_times import TimedSource
from vsodboost.io.made_files import FRAME, absent, entries, files_of, paths, remove
from vsodboost.io.output_paths import video_folder
from vsodboost.io.stored import own_rows, stored_buffers
from vsodboost.pipeline.occupied import Refused
from vsodboost.pipeline.plan import Plan
from vsodboost.pipeline.stage_timer import StageTimer
from vsodboost.pipeline.writing import OutputOptions, output_files
from vsodboost.registry.guard import guarded
from vsodboost.registry.interfaces import Tell
from vsodboost.registry.writer import VideoOutput, Writer

ADDED = "added"
"""Key of ``run.json``: a list of what was written later, each as ``write``; the last one of a writer counts."""
UNFINISHED = "unfinished"
"""Key of an entry of that list while its writers are at work, and after they were stopped."""


def lacking(plan: Plan, output: OutputOptions, video: str, writers: Mapping[str, Writer]) -> list[str]:
    """Return the names of those of ``output.writers`` whose output a finished video lacks, or has with other options.

    Raises:
        Refused: one of them cannot be made from maps alone.
    """
    if not output.writers:
        return []
    folder = video_folder(output.out, video)
    run = _read(folder / "run.json")
    made = entries(run)
    found, lost = [], list[str]()
    for name in output.writers:
        known = plan.registry.card("writers", name.partition(":")[0]).options
        last = _last(made, name, _own(output.options, known), known)
        gone = [] if last is None else absent(folder, last, _frames(folder, last))
        if last is None or gone:
            found.append(name)
            lost += [] if writers[name].from_maps else gone
    unable = [name for name in found if not writers[name].from_maps]
    if unable:
        able = [name for name in found if name not in unable]
        rest = f" ({', '.join(able)} can be made from the maps)" if able else ""
        mend = f"vsodboost report {output.out}, or" if unable == ["report"] else "leave it out, or"
        what = f"no longer has {lost[0]} of" if lost else "was made without"
        why = f"{what} {', '.join(unable)}, which wants more than the maps that were kept"
        raise Refused(folder, why, f"{mend} --overwrite{rest}")
    return found


def _last(
    made: Sequence[Mapping[str, Any]], name: str, options: Mapping[str, str], known: Mapping[str, str]
) -> list[str] | None:
    """Return the files of what writer ``name`` made last; None when it made nothing, did not finish, did it with other
    ``options`` of those that are ``known``, or another writer's file took the place of one of them."""
    later = set[str]()
    for entry in reversed(made):
        files = files_of(entry)
        if name in entry.get("writers", ()):
            own = files.get(name, [])
            same = _own(entry.get("options", {}), known) == options and not entry.get(UNFINISHED)
            return own if same and not later & set(own) else None
        later |= {file for names in files.values() for file in names}
    return None


def add(output: OutputOptions, source: VideoSource, writers: Mapping[str, Writer], tell: Tell) -> None:
    """Have ``writers`` write the finished video ``source`` from its maps, and note that in its ``run.json``: before the
    first file changes, and when all is done. The rest of the video's results stays as it is; ``tell`` hears of
    "frames".

    Raises:
        VideoError: the video or its results cannot be read, or a writer failed.
    """
    timed, timer = TimedSource(source), StageTimer()
    folder = video_folder(output.out, source.name)
    checkpoint = Checkpoint(output.out, source.name, "")
    run = _read(folder / "run.json")
    before, warnings = entries({ADDED: run.get(ADDED)}), list(run.get("warnings", ()))
    entry: dict[str, Any] = {"writers": sorted(writers), "options": dict(output.options)}
    with ExitStack() as unfinished:
        unfinished.callback(checkpoint.clear)
        begun = False
        for buffer in stored_buffers(timed, folder):
            if not begun:
                _note(folder, run, [*before, {**entry, "files": output_files(writers), UNFINISHED: True}])
                checkpoint.folder.mkdir(parents=True, exist_ok=True)
                size = (int(buffer.frames.shape[1]), int(buffer.frames.shape[2]))
                for name, writer in writers.items():
                    with guarded(f"writer '{name}'"):
                        writer.begin(VideoOutput(folder, timed, size, timed.times, checkpoint.folder))
                    unfinished.callback(writer.abort)
                begun = True
            with timer.of("write"):
                for name, writer in writers.items():
                    with guarded(f"writer '{name}'"):
                        writer.add(buffer)
            tell("frames", source.name, len(buffer))
        summary: dict[str, Any] = {**run, "warnings": []}
        for name, writer in writers.items():
            with guarded(f"writer '{name}'"):
                writer.finish(summary)
        entry["files"] = output_files(writers)
        unfinished.pop_all()
    checkpoint.clear()
    _remove_replaced(folder, run, entry)
    run["warnings"] = [*warnings, *(said for said in summary["warnings"] if said not in warnings)]
    kept = [e for e in before if not (e.get(UNFINISHED) and set(e["writers"]) <= set(entry["writers"]))]
    _note(folder, run, [*kept, entry])


def _remove_replaced(folder: Path, run: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
    """Delete what the writers of ``entry`` made earlier, with other options, and did not make now."""
    now = files_of(entry)
    kept, stale = {name for names in now.values() for name in names}, set[str]()
    for made in map(files_of, entries(run)):
        for writer, names in made.items():
            (stale if writer in now else kept).update(names)
    stale -= kept
    remove(folder, paths(folder, sorted(stale), _frames(folder, stale)))


def _note(folder: Path, run: Mapping[str, Any], added: Sequence[Mapping[str, Any]]) -> None:
    write_text(folder / "run.json", json.dumps({**run, ADDED: added}, indent=1) + "\n")


def _frames(folder: Path, names: Iterable[str]) -> list[str]:
    """The video's frames, where one of the files ``names`` is one of theirs."""
    return [row["frame"] for row in own_rows(folder / "frames.csv")] if any(FRAME in name for name in names) else []


def _own(options: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in options.items() if name in known}


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json_value(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("it is no record of a video")
        return found
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); boost the video again with --overwrite") from error
