"""What an executor says of the videos it was given: heard one by one, checked, and guarded like every plugin."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

from vsodboost.data.errors import PluginError, VideoError, a_type
from vsodboost.data.video import VideoSource
from vsodboost.registry.guard import guarded
from vsodboost.registry.interfaces import Executor, Outcome, Work

SAID = ("video", "frames", "trust", "target_trust", "changed", "flags", "warnings", "seconds_total")
"""What the end of a run reads of each summary."""


def outcomes(
    executor: Executor, name: str, work: Work, sources: Sequence[VideoSource]
) -> Generator[Outcome, None, None]:
    """Yield what became of each source, once, as soon as the executor says so; of one that it forgets, that it did.

    Args:
        executor: whatever ``--executor`` found.
        name: what errors call it: "executor 'ray'".
        work: what it is to do with each source.
        sources: the videos, of different names.

    Raises:
        PluginError: it failed, ended the process, or said what is no outcome of one of these videos; how many of them
            are left.
        VsodboostError: what stops all videos.
    """
    left = {source.name: source for source in sources}
    said: Iterator[Any] = iter(())
    try:
        with guarded(name):
            said = iter(executor.run(work, list(sources)))
        while True:
            with guarded(name):
                found = next(said, None)
            if found is None:
                break
            yield _checked(found, left, name)
    except VideoError as error:  # of the executor: those of videos are outcomes
        words = str(error) if str(error).startswith(name) else f"{name}: {error}"
        rest = _left(left, len(sources))
        raise PluginError(f"{words}; {rest}--resume goes on, --executor local does without it") from error
    finally:
        if isinstance(said, Generator):
            with guarded(name):
                said.close()
    for source in left.values():
        yield Outcome(source, error=PluginError(f"{name} ended without a word about it; try --executor local"))


def _left(left: Mapping[str, VideoSource], of: int) -> str:
    if not left:
        return ""
    return f"{next(iter(left))} is not done; " if len(left) == 1 else f"{len(left)} of {of} videos are not done; "


def _checked(found: Any, left: dict[str, VideoSource], name: str) -> Outcome:
    """Return an outcome, and take its video off those that are left."""
    if not isinstance(found, Outcome):
        raise PluginError(f"{name} yielded {a_type(found)}; expected an Outcome")
    video = getattr(found.source, "name", None)
    if not isinstance(video, str) or video not in left:
        raise PluginError(f"{name} yielded an outcome of {video!r}, which it was not given or has said before")
    source = left.pop(video)
    if found.summary is None and isinstance(found.error, Exception):
        return Outcome(source, error=found.error)
    summary = found.summary if isinstance(found.summary, Mapping) else {}
    missing = [key for key in SAID if key not in summary]
    if missing or summary["video"] != video:
        what = f"without {missing[0]!r}" if missing else f"of {summary['video']!r}"
        return Outcome(
            source, error=PluginError(f"{name} said neither why it failed nor what came of it: a summary {what}")
        )
    return Outcome(source, summary=dict(summary))
