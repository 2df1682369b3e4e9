"""What a run came to: a row a video, and a sentence where nothing was gained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from click import echo

from vsodboost.cli.table import print_table
from vsodboost.data.texts import rise
from vsodboost.io.output_paths import printable

COLUMNS = ("video", "frames", "trust", "changed", "flags", "seconds")
KEPT = 0.002
"""Share of changed pixels below which maps count as kept."""
EACH, NAMED = 5, 3
"""Videos that may get the same words in a line each; and how many of more are named in the one line for all."""
GAIN = 0.005
"""Rise of trust from which on something was gained."""


def print_closing(summaries: Sequence[Mapping[str, Any]]) -> None:
    """Print the table on standard error, and below it what is to be said of videos that gained nothing."""
    if not summaries:
        return
    print_table(COLUMNS, [_row(summary) for summary in summaries], err=True)
    for line in once((summary["video"], nothing_gained(summary)) for summary in summaries):
        echo(printable(line), err=True)


def once(said: Iterable[tuple[str, str]]) -> list[str]:
    """Return a line for each video and what is said of it ("": nothing); where more than ``EACH`` videos have the same
    words, one for all of them that names the first few."""
    videos: dict[str, list[str]] = {}
    pairs = [(video, words) for video, words in said if words]
    for video, words in pairs:
        videos.setdefault(words, []).append(video)
    lines = []
    for video, words in pairs:
        named = videos[words]
        if len(named) <= EACH:
            lines.append(f"{video}: {words}")
        elif video == named[0]:
            lines.append(f"{len(named)} videos ({', '.join(named[:NAMED])} and {len(named) - NAMED} more): {words}")
    return lines


def nothing_gained(summary: Mapping[str, Any]) -> str:
    """Return why a video gained nothing, in a sentence; "" where it did."""
    frames, flags = max(1, summary["frames"]), summary["flags"]
    if flags.get("static", 0) * 2 >= frames:
        return "little moves: the target's maps were kept"
    if flags.get("untuned", 0) * 2 >= frames:
        return "no frame was worth learning from: the maps are the target's and the motion's together"
    if summary["changed"] < KEPT:
        return "the target's maps were kept nearly as they are"
    alone = flags.get("no_target", 0) * 2 >= frames  # the two means are of other frames
    if not alone and summary["target_trust"] is not None and summary["trust"] - summary["target_trust"] < GAIN:
        return "trust did not rise; look at both maps (--write sheet) before you choose"
    return ""


def _row(summary: Mapping[str, Any]) -> tuple[str, ...]:
    flags = ", ".join(f"{count} {flag}" for flag, count in summary["flags"].items())
    return (
        printable(summary["video"]),
        str(summary["frames"]),
        rise(summary["target_trust"], summary["trust"]),
        f"{100 * summary['changed']:.1f}%",
        flags or "-",
        f"{summary['seconds_total']:.0f}",
    )
