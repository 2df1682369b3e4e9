"""Progress on stderr."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vsodboost.data.video import VideoSource
    from vsodboost.pipeline.run import Progress


@contextmanager
def shown(sources: Sequence[VideoSource], *, quiet: bool) -> Iterator[Progress]:
    """A bar a video on a terminal, a line a video elsewhere, nothing with ``quiet``."""
    from vsodboost.cli.signals import check
    from vsodboost.pipeline.run import Progress

    if quiet:
        yield Progress(started=lambda source: check(), frames=lambda source, count: check())
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True, highlight=False)
    bars = Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("frames"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    total = len(sources)
    number = {source.name: i + 1 for i, source in enumerate(sources)}
    tasks: dict[str, Any] = {}

    def started(source: VideoSource) -> None:
        check()
        tasks[source.name] = bars.add_task(f"{source.name} ({number[source.name]}/{total})", total=source.length)

    def frames(source: VideoSource, count: int) -> None:
        bars.advance(tasks[source.name], count)
        check()

    def finished(summary: dict[str, Any]) -> None:
        bars.remove_task(tasks.pop(summary["video"]))
        console.print(line(summary), soft_wrap=True, markup=False)

    def failed(source: VideoSource, error: Exception) -> None:
        if source.name in tasks:
            bars.remove_task(tasks.pop(source.name))

    def noted(said: str) -> None:
        console.print(f"vsodboost: {said}", soft_wrap=True, markup=False)

    with bars:
        yield Progress(started, frames, finished, failed, noted)


def line(summary: dict[str, Any]) -> str:
    """One video's result in one line."""
    cuts = len(summary["cuts"])
    words = [
        f"{summary['frames']} frames",
        f"{summary['mined']} mined",
        f"trust {summary['target_trust']:.2f} -> {summary['trust']:.2f}",
        f"{summary['seconds_total']:.0f} s",
    ]
    if cuts:
        words.insert(1, f"{cuts} cut{'s' if cuts > 1 else ''}")
    words += [f"{count} {flag}" for flag, count in summary["flags"].items()]
    return f"{summary['video']}: " + ", ".join(words)
