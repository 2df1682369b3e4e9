"""Outputs that a finished video lacks, made from its maps: ``--resume`` with another ``--write``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from vsodboost.data.errors import InputError
from vsodboost.data.video import VideoSource
from vsodboost.io.atomic import write_text
from vsodboost.io.checkpoint import Checkpoint
from vsodboost.io.frame_times import TimedSource
from vsodboost.io.output_paths import video_folder
from vsodboost.io.stored import stored_buffers
from vsodboost.pipeline.plan import Plan
from vsodboost.pipeline.stage_timer import StageTimer
from vsodboost.pipeline.writing import OutputOptions
from vsodboost.registry.guard import guarded
from vsodboost.registry.interfaces import Tell
from vsodboost.registry.writer import VideoOutput, Writer

ADDED = "added"
"""Key of ``run.json``: a list of what was written later, each as ``write``."""


def lacking(plan: Plan, output: OutputOptions, video: str, writers: Mapping[str, Writer]) -> list[str]:
    """Return the names of those of ``output.writers`` whose output a finished video lacks, or has with other options.

    Raises:
        InputError: one of them cannot be made from maps alone.
    """
    if not output.writers:
        return []
    path = video_folder(output.out, video) / "run.json"
    run = _read(path)
    made = [run.get("write") or {}, *run.get(ADDED, ())]
    found = []
    for name in output.writers:
        known = plan.registry.card("writers", name.partition(":")[0]).options
        options = _own(output.options, known)
        if not any(name in w.get("writers", ()) and _own(w.get("options", {}), known) == options for w in made):
            found.append(name)
    unable = [name for name in found if not writers[name].from_maps]
    if unable:
        able = [name for name in found if name not in unable]
        rest = f" ({', '.join(able)} can be made from the maps)" if able else ""
        mend = f"vsodboost report {output.out}, or" if unable == ["report"] else "leave it out, or"
        raise InputError(
            f"{path.parent} was made without {', '.join(unable)}, which wants more than the maps that were kept; "
            f"{mend} --overwrite{rest}"
        )
    return found


def add(output: OutputOptions, source: VideoSource, writers: Mapping[str, Writer], tell: Tell) -> None:
    """Have ``writers`` write the finished video ``source`` from its maps, and note that in its ``run.json``. The rest
    of the video's results stays as it is; ``tell`` hears of "frames".

    Raises:
        VideoError: the video or its results cannot be read, or a writer failed.
    """
    timed, timer = TimedSource(source), StageTimer()
    folder = video_folder(output.out, source.name)
    checkpoint = Checkpoint(output.out, source.name, "")
    run = _read(folder / "run.json")
    warnings = list(run.get("warnings", ()))
    with ExitStack() as unfinished:
        unfinished.callback(checkpoint.clear)
        begun = False
        for buffer in stored_buffers(timed, folder):
            if not begun:
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
        unfinished.pop_all()
    checkpoint.clear()
    run["warnings"] = [*warnings, *(said for said in summary["warnings"] if said not in warnings)]
    run[ADDED] = [*run.get(ADDED, ()), {"writers": sorted(writers), "options": dict(output.options)}]
    write_text(folder / "run.json", json.dumps(run, indent=1) + "\n")


def _own(options: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in options.items() if name in known}


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); boost the video again with --overwrite") from error
