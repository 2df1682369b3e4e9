"""What people type by mistake, answered with what they meant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vsodboost.data.errors import UsageError

if TYPE_CHECKING:
    from vsodboost.registry.discovery import Registry


def refuse_mistakes(inputs: Sequence[str], out: Path, registry: Registry) -> None:
    """Raise UsageError with the mend for inputs that are addresses, targets or commands, and an ``out`` that is a
    video."""
    from vsodboost.io.video_file import is_video

    if is_video(out) and out.is_file():
        raise UsageError(f"-o {out} is a video; did you mean: vsodboost wrap {out} -o FOLDER")
    for given in inputs:
        if Path(given).expanduser().exists():
            continue
        if "://" in given:
            raise UsageError(f"{given} is an address; fetch the video first (curl -O, yt-dlp) and give the file")
        name = given.partition(":")[0]
        if name in registry.entries["targets"]:
            raise UsageError(f"{given} is a target, not a video; write --target {given}")
        if name in registry.entries["writers"]:
            raise UsageError(f"{given} is something to write, not a video; write --write {given}")


def not_a_command(word: str) -> str:
    """Return what was meant by a word where a command belongs; "" where that is not known."""
    from vsodboost.io.video_file import is_video

    path = Path(word).expanduser()
    return f"vsodboost wrap {word}" if path.exists() or is_video(path) else ""
