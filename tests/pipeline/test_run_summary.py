"""Sums over a video's frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_plans import small_plan
from small_reports import buffer_of

from vsodboost import Booster
from vsodboost.data.boosted import BoostedBuffer
from vsodboost.data.scene import Mined, Scene
from vsodboost.pipeline.progress import finished_line
from vsodboost.pipeline.run_summary import RunSummary


class Nothing(Booster):
    def mine(self, scene: Scene) -> Mined:
        return Mined.nothing(scene)


def with_target_trust(*values: float) -> BoostedBuffer:
    buffer = buffer_of(0, [0.9] * len(values))
    return replace(buffer, decision=replace(buffer.decision, target_trust=np.array(values, np.float32)))


def test_frames_without_a_map_of_the_target_are_left_out_of_its_mean() -> None:
    sums = RunSummary()
    sums.add(with_target_trust(0.8, np.nan))
    sums.add(with_target_trust(np.nan, 0.6))
    again = RunSummary(**vars(sums))  # as a checkpoint gives it back
    found = again.as_dict(small_plan(Nothing()), [])
    assert found["target_trust"] == pytest.approx(0.7) and found["trust"] == pytest.approx(0.9)
    assert "trust 0.70 -> 0.90" in finished_line({"video": "clip", "seconds_total": 1, **found})


def test_a_target_without_any_map_has_no_trust() -> None:
    sums = RunSummary()
    sums.add(with_target_trust(np.nan, np.nan))
    found = sums.as_dict(small_plan(Nothing()), [])
    assert found["target_trust"] is None
    assert "trust none -> 0.90" in finished_line({"video": "clip", "seconds_total": 1, **found})
