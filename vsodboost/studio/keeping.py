"""Which round's results lie in ``OUT/<video>``: the first boost's, or those of one put in its place."""

from __future__ import annotations

import shutil
from pathlib import Path

from vsodboost.data.errors import UsageError
from vsodboost.io.atomic import write_errors
from vsodboost.io.lock import VideoLocks
from vsodboost.studio.rounds import Rounds
from vsodboost.writers.report.index import write_index

COMING, GOING = ".coming", ".going"
"""Folders of a round that is being put in place, and of the one that it takes the place of."""


def keep(rounds: Rounds, number: int, out: Path) -> None:
    """Put the results of a finished round in the place of ``out/<video>``. Those of the first boost are kept beside the
    other rounds, and can be put back by their number, 0.

    A crash between two steps costs nothing: whatever is in place is also in a round's own folder, or on its way there.

    Raises:
        UsageError: the round is not finished, or ``out/<video>`` holds results of no round.
        InUse: a run is writing to ``out/<video>``.
        VsodboostError: a folder cannot be written.
    """
    wanted = rounds.round(number)
    if not wanted.done:
        raise UsageError(f"boost {number} is not finished")
    base, place, there = rounds.base, rounds.folder, rounds.kept
    if there == number:
        return
    if there is None and base.exists():
        raise UsageError(f"{base} was made anew outside of the studio; move it away first, then nothing of it is lost")
    with VideoLocks(out) as locks, write_errors(base):
        locks.take(rounds.video)
        for left in (place / COMING, place / GOING):
            shutil.rmtree(left, ignore_errors=True)
        shutil.copytree(wanted.folder, place / COMING)
        if not rounds.first.exists():
            rounds.first.parent.mkdir(parents=True, exist_ok=True)
            base.rename(rounds.first)
        elif base.exists():
            base.rename(place / GOING)
        (place / COMING).rename(base)
        shutil.rmtree(place / GOING, ignore_errors=True)
    if (out / "index.html").exists():
        write_index(out)
