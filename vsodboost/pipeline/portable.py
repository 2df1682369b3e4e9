"""The work of a run as another process needs it: what was chosen, from which everything is built anew there."""

from __future__ import annotations

from dataclasses import dataclass

from vsodboost.io.lock import LockClaim
from vsodboost.pipeline.dataset_scope import DatasetWeights
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.one_video import VideoWork
from vsodboost.pipeline.options import Options
from vsodboost.pipeline.plan import make_plan
from vsodboost.pipeline.writing import OutputOptions, build_writers, writers_identity
from vsodboost.registry.discovery import Registry


@dataclass(frozen=True)
class Recipe:
    """What makes the same ``VideoWork`` in any process that sees the same files."""

    options: Options
    left_out: tuple[str, ...]
    output: OutputOptions
    fingerprint: str
    locks: LockClaim

    def __call__(self) -> VideoWork:
        """Build everything.

        Raises:
            UsageError, WeightsError, PluginError: as ``make_plan``.
        """
        plan = make_plan(self.options, Registry.load(no_plugin=self.left_out))
        out = self.output.out
        dataset = DatasetWeights(out, self.fingerprint)
        return VideoWork(
            Engine(plan),
            out,
            build_writers(plan, self.output),
            self.fingerprint,
            dataset.known() if self.options.scope == "dataset" else None,
            self.locks,
            resume=self.output.resume,
            identity=writers_identity(self.output),
            recipe=self,
        )
