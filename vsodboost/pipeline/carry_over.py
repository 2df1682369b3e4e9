"""``--carry-over``: the student as one video leaves it to the next, kept so that a killed run goes on with it.

A video begins where the last video before it that is done left the student; one that fails leaves nothing. So
``<out>/.VIDEO.carry-over.safetensors`` is written before a video is marked as done, and the files that no video is to
begin with any more are deleted after that.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from vsodboost.data.errors import InputError, PluginError, VideoError
from vsodboost.io.atomic import write_bytes, write_errors
from vsodboost.io.output_paths import safe_name
from vsodboost.io.values import read_values, values_bytes
from vsodboost.pipeline.plan import Plan
from vsodboost.registry.guard import guarded

SUFFIX = ".carry-over.safetensors"


class CarryOver:
    """The student between the ``videos`` of a run into ``out``, in their order, of which some are ``done`` already; and
    what the booster remembers beside it."""

    def __init__(
        self, out: Path, plan: Plan, fingerprint: str, videos: Sequence[str], done: Collection[str] = ()
    ) -> None:
        self.out, self.plan, self.fingerprint = out, plan, fingerprint
        self._videos, self._done = list(videos), set(done)
        self._left: str | None = None
        """The video that left student and booster as they are; None: they are new; "": nobody knows."""
        self._new = self._booster_as_built()

    def before(self, video: str | None) -> str | None:
        """Return the video that ``video`` begins after: the last one before it that is done; None when it begins with
        a new student. Of None, the one that a video behind all others would begin after."""
        place = len(self._videos) if video is None else self._videos.index(video)
        return next((name for name in reversed(self._videos[:place]) if name in self._done), None)

    def is_late(self, video: str) -> bool:
        """Return whether a video behind ``video`` is done, which so learned nothing of it."""
        return not self._done.isdisjoint(self._videos[self._videos.index(video) + 1 :])

    def begin(self, video: str) -> None:
        """Put student and booster into the state that ``video`` begins with.

        Raises:
            VideoError: that state is not known any more.
        """
        wanted = self.before(video)
        if wanted != self._left:
            self._put(wanted, video)
        self._left = ""

    def save(self, video: str) -> None:
        """Keep what ``video`` leaves; called before it is marked as done. Raises VsodboostError."""
        with guarded(self.plan.name("booster"), "in checkpoint"):
            booster = self.plan.booster.checkpoint()
        kept = {"fingerprint": self.fingerprint, "student": self.plan.student.checkpoint(), "booster": booster}
        write_bytes(self._path(video), values_bytes(kept))

    def done(self, video: str) -> None:
        """Take note that ``video`` is done, and delete what no video begins with any more. Raises VsodboostError."""
        self._done.add(video)
        self._left = video
        waiting = [name for name in self._videos if name not in self._done]  # failed ones, too: they may be mended
        needed = {self._path(name) for name in map(self.before, [*waiting, None]) if name is not None}
        with write_errors(self.out):
            for path in self.out.glob(f".*{SUFFIX}"):
                if path not in needed:
                    path.unlink(missing_ok=True)

    def _put(self, wanted: str | None, video: str) -> None:
        if wanted is None:
            self.plan.student.reset()
            if self._new is not None:
                with guarded(self.plan.name("booster"), "in restore"):
                    self.plan.booster.restore(self._new)
            return
        try:
            kept = read_values(self._path(wanted))
        except InputError:
            kept = None
        if not isinstance(kept, dict) or kept.get("fingerprint") != self.fingerprint:
            raise VideoError(
                f"what the student learned up to {wanted} is not in {self.out} any more, and --carry-over needs it for "
                f"{video}; --overwrite makes all videos anew"
            )
        self.plan.student.restore(kept["student"])
        with guarded(self.plan.name("booster"), "in restore"):
            self.plan.booster.restore(kept["booster"])

    def _booster_as_built(self) -> dict[str, Any] | None:
        """What the booster remembers before any video; None of one that cannot be asked yet: ``begin_video`` sets what
        it remembers."""
        try:
            with guarded(self.plan.name("booster"), "in checkpoint"):
                return self.plan.booster.checkpoint()
        except PluginError:
            return None

    def _path(self, video: str) -> Path:
        return self.out / f".{safe_name(video)}{SUFFIX}"
