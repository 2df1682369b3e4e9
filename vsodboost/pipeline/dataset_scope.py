"""The papers' protocol: the student is tuned once, on mined frames of the whole set, before any video is boosted.

What was mined, and then the tuned weights, lie in ``<out>/.dataset-….safetensors``, so that a run that was killed ends
with the weights of one that was not, whatever was boosted meanwhile; a film that is being mined goes on at a checkpoint
of the engine. The file is gone when all videos are done. ``<out>/dataset.json`` stays: how many frames of which videos
taught, and the loss of every step.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

from vsodboost.data.errors import InputError, VideoError
from vsodboost.data.training_set import TrainingSet
from vsodboost.data.video import VideoSource
from vsodboost.io.atomic import write_bytes, write_errors, write_text
from vsodboost.io.values import read_values, values_bytes
from vsodboost.pipeline.checkpoint import put_back
from vsodboost.pipeline.engine import Engine
from vsodboost.registry.booster import can_resume
from vsodboost.registry.guard import alone
from vsodboost.registry.world import own_world
from vsodboost.spatial.finetune import tune
from vsodboost.spatial.replay import at_size, thin

DATASET_FRAMES = 400
"""Mined frames kept; each takes 1.5 MB."""
SUMMARY = "dataset.json"
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

        A video that cannot be mined is handed to ``fail``, and left out. One that could not be when an earlier run
        mined the set is tried again: it may have been mended, and is then boosted with what the others taught.

        Raises:
            VsodboostError: the file cannot be written.
        """
        held = self._load()
        if "weights" not in held:
            mined = _Mined.of(held, self._save)
            if not mined.all_of(engine, sources, fail):
                mined = _Mined.of({}, self._save)
                mined.all_of(engine, sources, fail)
            weights, losses = mined.tuned(engine)
            self._note(mined, losses)
            held = {"weights": weights, "failed": mined.failed}
            self._save(held)
        else:
            for source in sources:
                if source.name in held.get("failed", ()):
                    _try_again(engine, source, fail)
        found: dict[str, torch.Tensor] | None = held["weights"]
        return found

    def known(self) -> dict[str, torch.Tensor] | None:
        """Return what ``tuned`` gave in this run or an earlier one."""
        weights: dict[str, torch.Tensor] | None = self._load().get("weights")
        return weights

    def clear(self) -> None:
        """Delete the file: all videos are done."""
        with write_errors(self.path):
            self.path.unlink(missing_ok=True)

    def _note(self, mined: _Mined, losses: Sequence[float]) -> None:
        frames = 0 if mined.pool is None else len(mined.pool)
        videos = [name for name in mined.mined if name not in mined.failed]
        known = {"videos": videos, "frames": frames, "losses": [round(loss, 6) for loss in losses]}
        write_text(self.path.parent / SUMMARY, json.dumps(known, indent=1) + "\n")

    def _load(self) -> dict[str, Any]:
        try:
            found = read_values(self.path)
        except InputError:  # not there, or damaged: it is made anew
            return {}
        fits = isinstance(found, dict) and found.get("fingerprint") == self.fingerprint
        return found if fits else {}

    def _save(self, found: dict[str, Any]) -> None:
        write_bytes(self.path, values_bytes({"fingerprint": self.fingerprint, **found}))


@dataclass
class _Mined:
    """What is mined of the set so far: the ``pool`` of frames, of which videos it is, and which ``failed``; of a video
    that a killed run was in the middle of, ``within`` holds the name and the engine's checkpoint. ``save`` keeps it."""

    save: Callable[[dict[str, Any]], None]
    pool: TrainingSet | None = None
    mined: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    within: dict[str, Any] | None = None
    saved_at: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, held: dict[str, Any], save: Callable[[dict[str, Any]], None]) -> _Mined:
        """What the file held."""
        pool = TrainingSet(**held["pool"]) if held.get("pool") else None
        return cls(save, pool, list(held.get("mined", ())), list(held.get("failed", ())), held.get("within"))

    def all_of(self, engine: Engine, sources: Sequence[VideoSource], fail: Fail) -> bool:
        """Mine the sources that are not mined yet; whether the pool is what one run would have made of them.

        It is not where a video fails that an earlier run was in the middle of: what the pool has of it cannot be taken
        out again.
        """
        for source in sources:
            if source.name in self.failed:
                _try_again(engine, source, fail)
            if source.name in self.mined:
                continue
            before, within, self.within = self.pool, self.within, None
            if within is not None and within["video"] != source.name:
                return False
            try:
                with alone():
                    self._go_through(engine, source, None if within is None else within["engine"])
            except VideoError as error:
                if within is not None:
                    return False
                self.pool = before
                self.failed.append(source.name)
                fail(source, error)
            self.mined.append(source.name)
            if self._is_due:
                self._keep()
        return True

    def tuned(self, engine: Engine) -> tuple[dict[str, torch.Tensor] | None, list[float]]:
        """The student's weights after it learned from the pool, and the loss of every step."""
        return (None, []) if self.pool is None else _tuned_on(engine, self.pool)

    def _go_through(self, engine: Engine, source: VideoSource, saved: dict[str, Any] | None) -> None:
        resumable = can_resume(engine.plan.booster)

        def seen() -> None:
            if resumable and self._is_due:
                self._keep({"video": source.name, "engine": engine.checkpoint()})

        if saved is not None:
            put_back(saved["random"])
        for found in engine.mined_frames(source, saved, seen):
            if len(found) > 0:
                size = (found if self.pool is None else self.pool).frames.shape[1:3]
                scaled = at_size(found, (int(size[0]), int(size[1])))
                together = scaled if self.pool is None else TrainingSet.concat([self.pool, scaled])
                self.pool = thin(together, DATASET_FRAMES)
            seen()

    @property
    def _is_due(self) -> bool:
        return time.monotonic() - self.saved_at >= EVERY

    def _keep(self, within: dict[str, Any] | None = None) -> None:
        pool = None if self.pool is None else vars(self.pool)
        self.save({"pool": pool, "mined": self.mined, "failed": self.failed, "within": within})
        self.saved_at = time.monotonic()


def _try_again(engine: Engine, source: VideoSource, fail: Fail) -> None:
    """Hand a video to ``fail`` that cannot be mined this time either."""
    try:
        with alone():
            for _ in engine.mined_frames(source):
                pass
    except VideoError as error:
        fail(source, error)


def _tuned_on(engine: Engine, pool: TrainingSet) -> tuple[dict[str, torch.Tensor], list[float]]:
    plan = engine.plan
    with own_world():
        plan.student.reset()
        losses = tune(plan.student, pool, plan.dataset_tuning(len(pool)), plan.options.seed)
        return plan.student.state(), losses
