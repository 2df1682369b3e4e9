"""What ``wrap`` makes of its options for many videos: executor, limits, and which part of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsodboost.cli.pairs import pairs
from vsodboost.cli.sharding import Shard, shard_of
from vsodboost.data.errors import UsageError

if TYPE_CHECKING:
    from vsodboost.data.video import VideoSource
    from vsodboost.pipeline.options import Options
    from vsodboost.pipeline.run import Report

_LIMITS = ("workers", "timeout", "memory")


@dataclass(frozen=True)
class Scale:
    """What was given: the executor's options by name, and the ``shard`` (None: all videos)."""

    executor_options: dict[str, str]
    shard: Shard | None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Scale:
        """Read the values ``given`` on the command line. Raises UsageError for wrong ones."""
        options = pairs(given["executor_option"], "--executor-option")
        options |= {name: str(given[name]) for name in _LIMITS if given[name] is not None}
        return cls(options, shard_of(given["shard"]))

    def choose(self, given: dict[str, Any]) -> None:
        """Put it among the options ``given`` by name. Limits need workers, so they choose ``--executor process``."""
        if self.executor_options:
            given["executor_options"] = self.executor_options
            given.setdefault("executor", "process")

    def check(self, options: Options) -> None:
        """Raise UsageError where videos that depend on each other are to be parted."""
        if self.shard is not None and (options.scope == "dataset" or options.carry_over):
            what = "--carry-over" if options.carry_over else "--scope dataset"
            raise UsageError(f"{what} makes videos depend on each other, so it has no shards; leave out one of both")
        if options.carry_over and options.executor != "local":
            raise UsageError("--carry-over takes the videos one after another, in one process: --executor local")

    def share(self, sources: Sequence[VideoSource]) -> Sequence[VideoSource]:
        """Return the videos that are this run's."""
        return sources if self.shard is None else self.shard.of(sources)

    def conclude(self, out: Path, report: Report, sources: Sequence[VideoSource], total: int) -> None:
        """Write what becomes of the videos into the output folder: the shard's report, or which failed.

        Raises:
            VsodboostError: it cannot be written.
        """
        from vsodboost.io.run_report import Failure, ShardReport, write_failed

        paths = {source.name: str(source.path) for source in sources}
        failed = {name: Failure(paths.get(name, ""), reason) for name, reason in report.failed.items()}
        done = tuple(summary["video"] for summary in report.done)
        if self.shard is not None:
            part = ShardReport(self.shard.index, self.shard.count, total, done, tuple(report.skipped), failed)
            part.write(out)
        elif out.is_dir():
            write_failed(out, failed, [name for name in paths if name not in report.refused])
