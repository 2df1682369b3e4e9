"""Progress on standard error: stage, frames, time left; a line that moves on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vsodboost.data.texts import rise
from vsodboost.io.buffers import buffer_length
from vsodboost.io.output_paths import printable
from vsodboost.pipeline.estimate import Estimate
from vsodboost.pipeline.run import Progress
from vsodboost.pipeline.writing import writing_cost
from vsodboost.registry.watch import watched_by

if TYPE_CHECKING:
    from rich.console import Console

    from vsodboost.data.video import VideoSource
    from vsodboost.pipeline.plan import Plan

WORDS = {
    "read": "reading",
    "shots": "reading",
    "perceive": "motion",
    "target": "target",
    "fuse": "target",
    "survey": "surveying",
    "mine": "learning",
    "tune": "learning",
    "predict": "predicting",
    "decide": "predicting",
    "write": "writing",
}
"""What users read of the stages."""
EVERY = 5.0
"""Seconds between plain lines, at the least; a twentieth of the time that passed, in long runs."""
NARROW = 70
"""Columns below which the bar is left out."""
BAR = 12
"""Columns that the bar has at least."""


class Watch:
    """The state of a run as its progress shows it: the present video, and how far it is."""

    def __init__(self, plan: Plan, sources: Sequence[VideoSource], writers: Sequence[str] = ()) -> None:
        self._plan, self._sources, self._writers = plan, list(sources), tuple(writers)
        self.source: VideoSource | None = None
        self.estimate = Estimate(None)

    def start(self, source: VideoSource) -> None:
        """Begin with a video."""
        length = source.length
        buffers = 1 if not length else -(-length // buffer_length(length, self._plan.options.buffer))
        steps = self._plan.tuning.steps
        learns = self._plan.options.profile != "quick"
        passes = self._plan.booster_card.passes
        self.estimate = Estimate(length, buffers, steps, passes, self._writing(source), learns)
        self.source = source

    def _writing(self, source: VideoSource) -> float:
        """Seconds that a frame's outputs mostly take; of a frame of .9 megapixels where its size is not known yet."""
        height, width = getattr(source, "size", None) or (720, 1280)
        return writing_cost(self._writers) * height * width / 1e6

    def begins(self, stage: str) -> None:
        """As ``Watcher``."""
        self.estimate.begins(stage, time.monotonic())

    def ends(self, stage: str, seconds: float) -> None:
        """As ``Watcher``."""
        self.estimate.ends(stage, seconds)

    def reaches(self, share: float) -> None:
        """As ``Watcher``."""
        self.estimate.reaches(share, time.monotonic())

    @property
    def title(self) -> str:
        """The video's name, and which it is of several."""
        if self.source is None:
            return ""
        name = printable(self.source.name)
        number = next((i for i, s in enumerate(self._sources, 1) if s.name == self.source.name), 1)
        return f"{number}/{len(self._sources)} {name}" if len(self._sources) > 1 else name

    def words(self) -> dict[str, str]:
        """What is to be told: stage, percent of the buffer, frames of all, time left."""
        estimate, now = self.estimate, time.monotonic()
        of = "" if estimate.frames is None else f"/{estimate.frames}"
        left = duration(estimate.remaining(now)) if estimate.known else ""
        return {
            "stage": WORDS.get(estimate.stage, estimate.stage) or "starting",
            "percent": f"{100 * estimate.share_of_buffer(now):.0f}%",
            "frames": f"{estimate.done}{of} frames",
            "left": f"{left} left" if left else "",
        }

    def share(self) -> float:
        """How much of the video is done, in [0, 1]: by frames, and the present buffer's share of them."""
        estimate = self.estimate
        if not estimate.frames:
            return 0.0
        within = estimate.share_of_buffer(time.monotonic()) / estimate.buffers
        return min(1.0, estimate.done / estimate.frames + within * (estimate.done < estimate.frames))

    def line(self) -> str:
        """A plain line."""
        words = self.words()
        parts = [f"{words['stage']} ({words['percent']} of this buffer)", words["frames"], words["left"]]
        return f"{self.title}: " + ", ".join(part for part in parts if part)


def duration(seconds: float) -> str:
    """Seconds as people say them: ``8 s``, ``1:20``, ``2:03:10``."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


@contextmanager
def shown(
    plan: Plan, sources: Sequence[VideoSource], *, writers: Sequence[str] = (), check: Any = lambda: None
) -> Iterator[Progress]:
    """Show the progress of a run with these ``writers`` while the block lasts; ``check`` is called now and then, and
    may raise.

    A terminal and a notebook get one line that moves; a file or pipe gets a line every few seconds.
    """
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    watch = Watch(plan, sources, writers)
    moves = console.is_terminal or console.is_jupyter
    display = _moving(console, watch) if moves else _plain(console, watch)

    def started(source: VideoSource) -> None:
        check()
        watch.start(source)

    def frames(source: VideoSource, count: int) -> None:
        watch.estimate.done += count
        check()

    def resumed(source: VideoSource, count: int) -> None:
        watch.estimate.goes_on(count)

    def finished(summary: dict[str, Any]) -> None:
        watch.source = None
        if len(sources) > 1:
            console.print(finished_line(summary), soft_wrap=True, markup=False)

    def failed(source: VideoSource, error: Exception) -> None:
        watch.source = None

    def noted(said: str) -> None:
        console.print(f"vsodboost: {said}", soft_wrap=True, markup=False)

    with display, watched_by(watch):
        yield Progress(started, frames, resumed, finished, failed, noted)


@contextmanager
def _plain(console: Console, watch: Watch) -> Iterator[None]:
    """A line when a video begins, and then every few seconds."""
    end = threading.Event()

    def tell() -> None:
        last: VideoSource | None = None
        begun, spoken = time.monotonic(), 0.0
        while not end.wait(0.2):
            source, now = watch.source, time.monotonic()
            if source is not None and (source is not last or now - spoken >= max(EVERY, (now - begun) / 20)):
                console.print(watch.line(), soft_wrap=True, markup=False)
                last, spoken = source, now

    teller = threading.Thread(target=tell, name="vsodboost-progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        end.set()
        teller.join()


@contextmanager
def _moving(console: Console, watch: Watch) -> Iterator[None]:
    """One line, drawn anew a few times a second."""
    from rich.live import Live

    class Line:
        def __rich__(self) -> Any:
            return moving_line(watch, console.width)

    live = Live(Line(), console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
    with live:
        yield


def moving_line(watch: Watch, columns: int) -> Any:
    """Return the line for a terminal of so many ``columns``, for rich to print."""
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    if watch.source is None:
        return Text("")
    words = watch.words()
    cut = [f"{words['stage']} {words['percent']}", words["frames"], words["left"]]
    room = columns - sum(len(text) + 1 for text in cut) - (BAR if columns >= NARROW else 0)
    title = watch.title if len(watch.title) <= room else f"{watch.title[: max(3, room - 1)]}…"
    table = Table.grid(padding=(0, 1), expand=True)
    cells: list[Any] = [Text(title, style="bold"), *(Text(text) for text in cut)]
    for _ in cells[:2]:
        table.add_column(no_wrap=True)
    if columns >= NARROW:
        table.add_column(ratio=1)
        cells.insert(2, ProgressBar(total=1.0, completed=watch.share(), width=None))
    for _ in cut[1:]:
        table.add_column(no_wrap=True, justify="right")
    table.add_row(*cells)
    return table


def finished_line(summary: dict[str, Any]) -> str:
    """One video's result in one line."""
    cuts = len(summary["cuts"])
    words = [
        f"{summary['frames']} frames",
        f"{summary['mined']} mined",
        f"trust {rise(summary['target_trust'], summary['trust'])}",
        f"{summary['seconds_total']:.0f} s",
    ]
    if cuts:
        words.insert(1, f"{cuts} cut{'s' if cuts > 1 else ''}")
    words += [f"{count} {flag}" for flag, count in summary["flags"].items()]
    return f"{summary['video']}: " + ", ".join(words)
