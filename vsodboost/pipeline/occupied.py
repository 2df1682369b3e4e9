"""What stands in the way of a video's outputs before anything of it is written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vsodboost.data.errors import InputError
from vsodboost.data.video import VideoSource
from vsodboost.io.output_paths import refuse_output_over_input, video_folder
from vsodboost.io.resume import VideoState, made_of
from vsodboost.pipeline.made_of import MadeOf
from vsodboost.pipeline.options import Options
from vsodboost.pipeline.writing import OutputOptions

TABLES = ("frames.csv", "run.json")
"""What every finished video has beside its maps."""


class Refused(InputError):
    """A video's ``folder`` holds results that are in the way: ``why``, and the ``mend``. They stay as they are, and
    the video has not failed. ``kind`` is the same for reasons that differ in a name alone."""

    def __init__(self, folder: Path, why: str, mend: str, *, kind: str = "") -> None:
        super().__init__(f"{folder} {why}; {mend}")
        self.folder, self.why, self.mend, self.kind = folder, why, mend, kind or why


def in_lines(refused: Iterable[Refused]) -> list[str]:
    """Return what is to be said of refused videos: a line a reason, however many there are."""
    reasons: dict[tuple[str, str], list[Refused]] = {}
    for error in refused:
        reasons.setdefault((error.kind, error.mend), []).append(error)
    lines = []
    for first, *others in reasons.values():
        more = f" (so it is with {1 + len(others)} videos)" if others else ""
        lines.append(f"{first.folder} {first.why}{more}; {first.mend}")
    return lines


def is_finished(source: VideoSource, output: OutputOptions, options: Options, fingerprint: str) -> bool:
    """Return whether the video was finished with these settings, of the files that are there now, and is to be kept;
    nothing is changed.

    Raises:
        InputError: its folder cannot be used.
        UsageError: its folder is the input itself.
    """
    out = output.out
    folder: Path = video_folder(out, source.name)
    refuse_output_over_input(out, source.name, source.path)
    if folder.exists() and not folder.is_dir():
        raise InputError(
            f"{folder} is a file; the maps of {source.name!r} want a folder there: move it, or choose another -o"
        )
    if not output.resume or VideoState.check(out, source.name, fingerprint) != "done":
        return False
    return not _lost_tables(folder) and MadeOf(source, options).changed(made_of(folder)) is None


def lost_results(source: VideoSource, output: OutputOptions) -> list[str]:
    """Return the files of a finished video that are gone, so that it is made anew; none where it is not finished."""
    lost = VideoState.lost(output.out, source.name)
    if lost is None:
        return []
    return [*lost, *_lost_tables(video_folder(output.out, source.name))]


def _lost_tables(folder: Path) -> list[str]:
    return [name for name in TABLES if not (folder / name).is_file()]


def refuse_results(source: VideoSource, output: OutputOptions, options: Options, fingerprint: str) -> None:
    """Raise Refused where there are results that were not asked to be replaced."""
    folder = video_folder(output.out, source.name)
    state = VideoState.check(output.out, source.name, fingerprint)
    if state != "fresh" and not output.overwrite and not output.resume:
        raise Refused(
            folder,
            "already holds results",
            "--resume keeps what is done, --overwrite makes it anew, -o chooses another folder",
        )
    if state == "other settings" and output.resume and not output.overwrite:
        raise Refused(
            folder,
            "was made with other settings, weights or another version",
            "give the same ones to --resume, or --overwrite, or another -o",
        )
    changed = MadeOf(source, options).changed(made_of(folder)) if state == "done" and output.resume else None
    if changed is not None:
        why, mend = f"was made of other files than those at {changed} now", "--overwrite makes it anew"
        raise Refused(folder, why, f"{mend}, -o chooses another folder", kind="other files")
