"""The switches of MQP's profile: wherever the paper and its released code disagree, which of them is followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from vsodboost.data.training_set import TuneSettings
from vsodboost.registry.options import Options

Source = Literal["paper", "code"]

PAPER_TUNING = TuneSettings(passes=5, batch=8, pixels=None, rate=1e-3, optimizer="adam")
"""Sec. VI-B (written for the MQPM; the only figures there are) and the five epochs of Table VIII."""
CODE_TUNING = TuneSettings(passes=10, batch=2, pixels=None, rate=1e-4, optimizer="adam", mirror=False, clamp=0.5)


@dataclass(frozen=True)
class PaperSettings:
    """Which of the two is followed wherever the paper and its code disagree; see the card's options."""

    model: Source = "paper"
    tuning: Source = "paper"
    loss: Source = "paper"
    isolation: Source = "paper"
    flow: Source = "paper"
    pseudo_truth: Source = "paper"
    windows: Literal["frames", "mined"] = "frames"
    window: int = 5
    rate: float | None = None

    def tune_settings(self) -> TuneSettings:
        """How the spatial model is fine-tuned."""
        settings = PAPER_TUNING if self.tuning == "paper" else CODE_TUNING
        return replace(
            settings,
            rate=self.rate or settings.rate,
            loss="cross-entropy-sum" if self.loss == "paper" else "cross-entropy",
            every_output=self.loss == "code",
            keep_moments=self.isolation == "code",
        )


SWITCHES = tuple(f.name.replace("_", "-") for f in fields(PaperSettings) if f.default == "paper")


def read_settings(options: Mapping[str, str]) -> PaperSettings:
    """Settings from the booster's options. Raises UsageError for a value that a switch does not have."""
    read = Options(options, "booster 'mqp-paper': option")
    followed = read.choice("follow", ("paper", "code"))
    values: dict[str, Any] = {n.replace("-", "_"): read.choice(n, ("paper", "code"), followed) for n in SWITCHES}
    windows: Any = read.choice("windows", ("frames", "mined"))
    return PaperSettings(
        **values, windows=windows, window=read.whole("window", 5), rate=read.number("rate", None, positive=True)
    )


def paper_profile(options: Mapping[str, str]) -> dict[str, Any]:
    """What ``--profile paper`` chooses, by the booster's switches."""
    settings = read_settings(options)
    return {
        "booster": "mqp-paper",
        "motion": "mqpm-paper",
        "flow": "spynet" if settings.flow == "paper" else "pwcnet",
        "spatial_model": "mqp-paper" if settings.model == "paper" else "cpd",
        "carry_over": settings.isolation == "code",
    }
