"""What stands in the way of a video's outputs before anything of it is written."""

from __future__ import annotations

from pathlib import Path

from vsodboost.data.errors import InputError
from vsodboost.data.video import VideoSource
from vsodboost.io.output_paths import refuse_output_over_input, video_folder
from vsodboost.io.resume import VideoState, made_of
from vsodboost.pipeline.made_of import MadeOf
from vsodboost.pipeline.options import Options
from vsodboost.pipeline.writing import OutputOptions


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
    done = output.resume and VideoState.check(out, source.name, fingerprint) == "done"
    return done and MadeOf(source, options).changed(made_of(folder)) is None


def refuse_results(source: VideoSource, output: OutputOptions, options: Options, fingerprint: str) -> None:
    """Raise InputError where there are results that were not asked to be replaced."""
    folder = video_folder(output.out, source.name)
    state = VideoState.check(output.out, source.name, fingerprint)
    if state != "fresh" and not output.overwrite and not output.resume:
        raise InputError(
            f"{folder} already holds results; "
            "--resume keeps what is done, --overwrite makes it anew, -o chooses another folder"
        )
    if state == "other settings" and output.resume and not output.overwrite:
        raise InputError(
            f"{folder} was made with other settings, weights or another version; "
            "give the same ones to --resume, or --overwrite, or another -o"
        )
    changed = MadeOf(source, options).changed(made_of(folder)) if state == "done" and output.resume else None
    if changed is not None:
        raise InputError(
            f"{folder} was made of other files than those at {changed} now; "
            "--overwrite makes it anew, -o chooses another folder"
        )
