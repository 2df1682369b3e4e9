"""The executor ``local``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vsodboost.data.errors import VideoError
from vsodboost.data.video import VideoSource
from vsodboost.registry.interfaces import Outcome, Work


class Local:
    """Works on the videos in this process, one after another."""

    def run(self, work: Work, sources: Sequence[VideoSource]) -> Iterator[Outcome]:
        """Yield what became of each source, in order. Whatever is no VideoError ends the run."""
        for source in sources:
            try:
                yield Outcome(source, summary=work(source))
            except VideoError as error:
                yield Outcome(source, error=error)
