"""The process that boosts for the studio: reads its work as a line of JSON, and tells of it in lines of JSON.

    {"path": ..., "name": ..., "out": ..., "options": {...}, "writers": [...], "resume": true}

It ends like any run that is told to (SIGTERM), and also when the studio is gone: nobody would read what it says.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsodboost.data.errors import UsageError, VsodboostError

if TYPE_CHECKING:
    from vsodboost.pipeline.progress import Watch

EVERY = 0.4
"""Seconds between two words about how far the boost is."""


def say(**facts: Any) -> None:
    """Tell the studio."""
    print(json.dumps(facts), flush=True)


def boost(work: Mapping[str, Any]) -> str:
    """Do the work; return why it failed, or nothing.

    Raises:
        VsodboostError: the settings make no sense, or nothing can be written.
    """
    from vsodboost.datasets.inputs import open_inputs
    from vsodboost.pipeline.options import Options
    from vsodboost.pipeline.plan import make_plan
    from vsodboost.pipeline.progress import Watch
    from vsodboost.pipeline.run import OutputOptions, Progress, run
    from vsodboost.registry.discovery import Registry
    from vsodboost.registry.watch import watched_by

    sources = [source for source in open_inputs([work["path"]]) if source.name == work["name"]]
    if not sources:
        raise UsageError(f"{work['path']} no longer holds a video {work['name']!r}")
    known = {f.name for f in fields(Options)}
    options = Options(**{key: value for key, value in work["options"].items() if key in known})
    source = options.part.of(sources[0])
    plan = make_plan(options, Registry.load())
    watch = Watch(plan, [source], ("maps", "table", *work["writers"]))

    def started(_: Any) -> None:
        watch.start(source)

    def advanced(_: Any, count: int) -> None:
        watch.estimate.done += count

    def resumed(_: Any, count: int) -> None:
        watch.estimate.goes_on(count)

    resume = bool(work["resume"])
    writing = OutputOptions(Path(work["out"]), tuple(work["writers"]), resume=resume, overwrite=not resume)
    with _reporting(watch), watched_by(watch):
        report = run(plan, [source], writing, Progress(started=started, frames=advanced, resumed=resumed))
    return next(iter(report.failed.values()), "")


@contextmanager
def _reporting(watch: Watch) -> Iterator[None]:
    """Tell the studio how far the boost is, now and then, while the block lasts."""
    end = threading.Event()

    def tell() -> None:
        last: dict[str, Any] = {}
        while not end.wait(EVERY):
            now = {"share": round(watch.share(), 3), **watch.words()}
            if now != last:
                say(**now)
                last = now

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        end.set()
        teller.join()


def _end_with_the_studio() -> None:
    """Wait for the end of standard input, which comes when the studio goes, whatever killed it."""
    while sys.stdin.readline():
        continue
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Entry point of the process; its exit code is 0 when all is done."""
    from vsodboost.io.unfinished import remove_unfinished

    def ended(number: int, _: Any) -> None:
        remove_unfinished()
        os._exit(128 + number)

    signal.signal(signal.SIGTERM, ended)
    work = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_studio, daemon=True).start()
    try:
        failure = boost(work)
    except VsodboostError as error:
        failure = str(error)
    except Exception as error:
        failure = f"unexpected {type(error).__name__}: {error}"
    if failure:
        say(failed=failure)
        sys.exit(1)


if __name__ == "__main__":
    main()
