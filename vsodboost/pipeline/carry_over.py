"""``--carry-over``: the student as one video leaves it to the next, kept so that a killed run goes on with it.

``<out>/.VIDEO.carry-over.safetensors`` is written before the video is marked as done, and the one of the video before
is deleted after that: at any moment there is one for the last video that is done.
"""

from __future__ import annotations

from pathlib import Path

from vsodboost.data.errors import InputError, UsageError
from vsodboost.io.atomic import write_bytes, write_errors
from vsodboost.io.output_paths import safe_name
from vsodboost.io.values import read_values, values_bytes
from vsodboost.pipeline.plan import Plan
from vsodboost.registry.guard import guarded

SUFFIX = ".carry-over.safetensors"


class CarryOver:
    """The student between two videos of the output folder ``out``, and what the booster remembers beside it."""

    def __init__(self, out: Path, plan: Plan, fingerprint: str) -> None:
        self.out, self.plan, self.fingerprint = out, plan, fingerprint

    def save(self, video: str) -> None:
        """Keep what ``video`` leaves; called before it is marked as done. Raises VsodboostError."""
        with guarded(self.plan.name("booster"), "in checkpoint"):
            booster = self.plan.booster.checkpoint()
        kept = {"fingerprint": self.fingerprint, "student": self.plan.student.checkpoint(), "booster": booster}
        write_bytes(self._path(video), values_bytes(kept))

    def forget_before(self, video: str) -> None:
        """Delete what videos before ``video`` left; called after it was marked as done. Raises VsodboostError."""
        with write_errors(self.out):
            for path in self.out.glob(f".*{SUFFIX}"):
                if path != self._path(video):
                    path.unlink(missing_ok=True)

    def restore(self, video: str) -> None:
        """Go on with what ``video``, which is done, left.

        Raises:
            UsageError: it is not known any more.
        """
        try:
            kept = read_values(self._path(video))
        except InputError:
            kept = None
        if not isinstance(kept, dict) or kept.get("fingerprint") != self.fingerprint:
            raise UsageError(
                f"what the student learned up to {video} is not in {self.out} any more, and --carry-over needs it; "
                "--overwrite makes all videos anew"
            )
        self.plan.student.restore(kept["student"])
        with guarded(self.plan.name("booster"), "in restore"):
            self.plan.booster.restore(kept["booster"])

    def _path(self, video: str) -> Path:
        return self.out / f".{safe_name(video)}{SUFFIX}"
