"""The papers' protocol: the student is tuned once, on mined frames of the whole set, before any video is boosted.

What was mined, and then the tuned weights, lie in ``<out>/.dataset-….safetensors``, so that a run that was killed ends
with the weights of one that was not, whatever was boosted meanwhile. The file is gone when all videos are done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

from vsodboost.data.errors import InputError, VideoError
from vsodboost.data.training_set import TrainingSet
from vsodboost.data.video import VideoSource
from vsodboost.io.atomic import write_bytes, write_errors
from vsodboost.io.values import read_values, values_bytes
from vsodboost.pipeline.engine import Engine
from vsodboost.registry.world import own_world
from vsodboost.spatial.finetune import tune
from vsodboost.spatial.replay import at_size, thin

DATASET_FRAMES = 400
"""Mined frames kept; each takes 1.5 MB."""
EVERY = 60.0
"""Seconds of mining that a kill may cost."""

Fail = Callable[[VideoSource, Exception], None]


class DatasetWeights:
    """The student's weights for a set of videos, and the file that keeps them in the output folder ``out``."""

    def __init__(self, out: Path, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self.path = out / f".dataset-{sha256(fingerprint.encode()).hexdigest()[:12]}.safetensors"

    def tuned(self, engine: Engine, sources: Sequence[VideoSource], fail: Fail) -> dict[str, torch.Tensor] | None:
        """Return the weights tuned on what is mined of all ``sources``, in their order; None when that is nothing.

        A video that cannot be mined is handed to ``fail``, and left out.

        Raises:
            VsodboostError: the file cannot be written.
        """
        held = self._load()
        if "weights" in held:
            weights: dict[str, torch.Tensor] | None = held["weights"]
            return weights
        pool = TrainingSet(**held["pool"]) if held.get("pool") else None
        mined: list[str] = list(held.get("mined", ()))
        saved = time.monotonic()
        for source in sources[len(mined) :]:
            try:
                pool = _mined(engine, source, pool)
            except VideoError as error:
                fail(source, error)
            mined.append(source.name)
            if time.monotonic() - saved > EVERY:
                self._save({"pool": None if pool is None else vars(pool), "mined": mined})
                saved = time.monotonic()
        weights = None if pool is None else _tuned_on(engine, pool)
        self._save({"weights": weights})
        return weights

    def known(self) -> dict[str, torch.Tensor] | None:
        """Return what ``tuned`` gave in this run or an earlier one."""
        weights: dict[str, torch.Tensor] | None = self._load().get("weights")
        return weights

    def clear(self) -> None:
        """Delete the file: all videos are done."""
        with write_errors(self.path):
            self.path.unlink(missing_ok=True)

    def _load(self) -> dict[str, Any]:
        try:
            found = read_values(self.path)
        except InputError:  # not there, or damaged: it is made anew
            return {}
        fits = isinstance(found, dict) and found.get("fingerprint") == self.fingerprint
        return found if fits else {}

    def _save(self, found: dict[str, Any]) -> None:
        write_bytes(self.path, values_bytes({"fingerprint": self.fingerprint, **found}))


def _mined(engine: Engine, source: VideoSource, pool: TrainingSet | None) -> TrainingSet | None:
    """Return the pool with what is mined of one more video; a video that fails adds nothing."""
    for found in engine.mined_frames(source):
        if len(found) == 0:
            continue
        size = (found if pool is None else pool).frames.shape[1:3]
        scaled = at_size(found, (int(size[0]), int(size[1])))
        pool = thin(scaled if pool is None else TrainingSet.concat([pool, scaled]), DATASET_FRAMES)
    return pool


def _tuned_on(engine: Engine, pool: TrainingSet) -> dict[str, torch.Tensor]:
    plan = engine.plan
    with own_world():
        plan.student.reset()
        tune(plan.student, pool, plan.dataset_tuning(len(pool)), plan.options.seed)
        return plan.student.state()
