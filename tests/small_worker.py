"""The studio's worker, whose networks see 64 x 96 px: a program of its own, as the real one is."""

from __future__ import annotations

import functools
import os

os.environ["OMP_NUM_THREADS"] = "1"  # tests of others may run beside it

from vsodboost.pipeline import plan
from vsodboost.studio import worker

plan.Plan = functools.partial(plan.Plan, working=lambda size: (64, 96))  # type: ignore[misc,assignment]

if __name__ == "__main__":
    worker.main()
