"""How long a video will take yet: from what its stages took so far, and before that from what they mostly take.

A buffer goes through the same stages each time. What was measured counts, a frame at a time; a stage that was not
reached yet is expected to cost its usual share, scaled by how this machine did on the stages that are over.
"""

from __future__ import annotations

from dataclasses import dataclass, field

STAGES = ("read", "shots", "perceive", "target", "fuse", "survey", "mine", "tune", "predict", "decide", "write")
"""In the order of a buffer's work."""
SEEING = STAGES[:6]
"""Those of a first pass, where a booster surveys the whole video."""
USUAL = {
    "read": 0.007,
    "shots": 0.001,
    "perceive": 0.1,
    "target": 0.08,
    "fuse": 0.07,
    "survey": 0.001,
    "mine": 0.002,
    "predict": 0.06,
    "decide": 0.06,
    "write": 0.05,
}
"""Seconds a frame on one core, measured at the working size; only their proportions count."""
SURE = 3.0
"""From a third of a stage on, what was measured of it counts alone."""
LEARNING = ("tune", "predict")
"""Stages that take no time where nothing is learned."""
STEP = 0.8
"""Seconds of a tuning step, by the same measure."""


@dataclass
class Estimate:
    """The work on one video of ``frames`` (None: unknown) in ``buffers`` of about equal length; ``steps`` of tuning a
    buffer; ``passes`` over the video. Times are seconds of one clock, ``now``."""

    frames: int | None
    buffers: int = 1
    steps: int = 40
    passes: int = 1
    write: float = USUAL["write"]
    """Seconds that a frame's outputs mostly take, by the measure of ``USUAL``."""
    learns: bool = True
    """Whether a student is tuned and predicts; with ``--profile quick`` none is."""
    done: int = 0
    """Frames that are written."""
    stage: str = ""
    """What is being done."""
    _begun: float = 0.0
    _share: float = 0.0
    _reached: float = 0.0
    _cycle: int = -1
    _shown: float = 0.0
    """The largest share of the present buffer that was shown."""
    _over: set[str] = field(default_factory=set)
    _spent: dict[str, float] = field(default_factory=dict)
    _times: dict[str, int] = field(default_factory=dict)

    def goes_on(self, done: int) -> None:
        """Note, in the first buffer of this run, that an earlier one wrote ``done`` frames already."""
        self.done += done
        self._cycle += round(done * self.buffers / (self.frames or done)) + self.buffers * self._surveys

    def begins(self, stage: str, now: float) -> None:
        """Note that a stage begins; ``read`` opens a buffer."""
        if stage == "read":
            self._cycle, self._over, self._shown = self._cycle + 1, set(), 0.0
        self.stage, self._begun, self._share = stage, now, 0.0

    def ends(self, stage: str, seconds: float) -> None:
        """Note what a stage took."""
        if self._cycle < 0:
            return
        self._over.add(stage)
        self._spent[stage] = self._spent.get(stage, 0.0) + seconds
        self._times[stage] = self._times.get(stage, 0) + 1

    def reaches(self, share: float, now: float) -> None:
        """Note how far the present stage is."""
        self._share, self._reached = share, now

    @property
    def known(self) -> bool:
        """Whether there is anything to tell: the length is known, and a stage that counts is over."""
        return self.frames is not None and "perceive" in self._spent

    def remaining(self, now: float) -> float:
        """Seconds until the video is done, as far as that is known."""
        left = self._present(now) + self._rest()
        whole = sum(self._cost(stage) for stage in STAGES)
        if not self._surveys:
            return left + whole * max(0, self.buffers - 1 - self._cycle)
        seeing = sum(self._cost(stage) for stage in SEEING)
        to_see = max(0, self.buffers - 1 - self._cycle)
        to_boost = min(self.buffers, 2 * self.buffers - 1 - self._cycle)
        return left + seeing * to_see + whole * max(0, to_boost)

    def share_of_buffer(self, now: float) -> float:
        """How much of the present buffer's work is done, in [0, 1]; never less than it was."""
        whole = sum(self._cost(stage) for stage in self._stages)
        left = self._present(now) + self._rest()
        self._shown = max(self._shown, min(1.0, 1 - left / whole) if whole else 0.0)
        return self._shown

    @property
    def _surveys(self) -> bool:
        return self.passes > 1 and self.buffers > 1

    @property
    def _stages(self) -> tuple[str, ...]:
        return SEEING if self._surveys and self._cycle < self.buffers else STAGES

    def _present(self, now: float) -> float:
        """Seconds that the present stage takes yet."""
        if self.stage in self._over or not self.stage:
            return 0.0
        spent = max(0.0, now - self._begun)
        usual = max(self._cost(self.stage) - spent, 0.05 * self._cost(self.stage))
        if not self._share:
            return usual
        reached = max(0.0, self._reached - self._begun)
        whole = reached / self._share
        measured = max(whole - spent, 0.05 * whole * (1 - self._share))  # it passes between what is told of it
        believed = min(1.0, SURE * self._share)  # a first step takes longer than others
        return believed * measured + (1 - believed) * usual

    def _rest(self) -> float:
        """Seconds that the stages behind the present one take, of this buffer."""
        return sum(self._cost(stage) for stage in self._stages if stage not in self._over and stage != self.stage)

    def _cost(self, stage: str) -> float:
        """Seconds that a stage takes for one buffer."""
        if self._times.get(stage):
            return self._spent[stage] / self._times[stage]
        usual = sum(self._usual(known) * self._times[known] for known in self._spent)
        scale = sum(self._spent.values()) / usual if usual else 1.0
        return scale * self._usual(stage)

    def _usual(self, stage: str) -> float:
        length = (self.frames or 100) / self.buffers
        if not self.learns and stage in LEARNING:
            return 0.0
        if stage == "tune":
            return self.steps * STEP
        return length * (self.write if stage == "write" else USUAL.get(stage, 0.0))
