"""The studio's worker, whose networks see 64 x 96 px: a program of its own, as the real one is."""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # tests of others may run beside it

from vsodboost.ops import resize

resize.working_size = lambda size: (64, 96)  # type: ignore[assignment]  # before others import it

from vsodboost.studio import worker  # noqa: E402

if __name__ == "__main__":
    worker.main()
