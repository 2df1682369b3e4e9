"""``vsodboost wrap --dry-run``: what would be done, with everything checked that can be checked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from vsodboost.cli.streams import answer

if TYPE_CHECKING:
    from vsodboost.data.video import VideoSource
    from vsodboost.datasets.inputs import Inputs
    from vsodboost.pipeline.plan import Plan
    from vsodboost.pipeline.writing import OutputOptions


KEPT = "it is done already, and kept"


def describe_run(sources: Inputs, plan: Plan, output: OutputOptions, as_json: bool) -> int:
    """Print what each video is and what stands in its way; return the exit code as the run would: 1 where some video
    would fail, 2 where results are in the way of all that is left to do.

    Raises:
        UsageError: a writer does not exist or cannot do what it is asked; the output folder is the input itself.
    """
    from vsodboost.data.errors import VideoError
    from vsodboost.io.output_paths import printable
    from vsodboost.pipeline.fingerprint import fingerprint
    from vsodboost.pipeline.occupied import Refused
    from vsodboost.pipeline.writing import build_writers

    build_writers(plan, output)
    print_of = fingerprint(plan.options, [source.name for source in sources], plan.package_versions())
    videos: list[dict[str, Any]] = []
    refused: list[Refused] = []
    for source in sources:
        try:
            videos.append(_described(source, plan, output, print_of))
        except VideoError as error:
            refused += [error] if isinstance(error, Refused) else []
            videos.append({"name": source.name, "path": str(source.path), "error": str(error)})
    code = int(any("error" in video for video in videos))
    kept = sum(KEPT in video.get("warnings", ()) for video in videos)
    if refused and len(refused) + kept == len(videos):
        code = 2
    options, device = plan.options, plan.device
    if as_json:
        from dataclasses import asdict

        settings = asdict(options)
        summary = {"videos": videos, "passed_over": list(sources.notes), "settings": settings, "device": device}
        summary["data_sets"] = list(sources.data_sets)
        answer(json.dumps(summary, indent=1, default=dict))
        return code
    for video in videos:
        name = printable(video["name"])
        if "error" in video:
            answer(f"{name}: {printable(video['error'])}")
            continue
        frames = video["frames"] if video["frames"] is not None else "?"
        answer(f"{name}: {frames} frames, {video['width']}x{video['height']}, {video['fps']:.3g} fps")
        for note in (*video.get("notes", ()), *video["warnings"]):
            answer(f"{name}: {printable(note)}")
    for line in (*sources.data_sets, *sources.notes):
        answer(printable(line))
    answer(
        f"target {options.target}, booster {options.booster}, flow {options.flow}, device {device}; nothing was written"
    )
    return code


def _described(source: VideoSource, plan: Plan, output: OutputOptions, print_of: str) -> dict[str, Any]:
    """What a video is. Raises VideoError where it would fail."""
    from vsodboost.io.probe import describe
    from vsodboost.pipeline.occupied import is_finished, lost_results, refuse_results
    from vsodboost.targets.network_target import check_source

    described = describe(source)
    kept = is_finished(source, output, plan.options, print_of)
    if not kept:
        refuse_results(source, output, plan.options, print_of)
    lost = lost_results(source, output) if output.resume and not kept else []
    notes = [KEPT] if kept else [f"it is made anew: its {lost[0]} is gone"] if lost else []
    if described["frames"] == 0:  # an estimate where the frame rate varies, so no error
        notes.append("--from seems to lie behind its end: no frame is left")
    return {**described, "warnings": [*notes, *check_source(plan.target, source, plan.name("target"))]}
