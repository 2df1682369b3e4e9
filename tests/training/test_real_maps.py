"""Real models' maps of training videos, and their errors put into the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vsodboost.data.errors import UsageError
from vsodboost.io.atomic import write_png
from vsodboost.training.data import AnnotatedVideo
from vsodboost.training.real_maps import read_real_maps, with_some_errors


def video(name: str, count: int = 3) -> AnnotatedVideo:
    frames, truth = np.zeros((count, 24, 32, 3), np.uint8), np.zeros((count, 24, 32), np.uint8)
    return AnnotatedVideo(name, frames, truth, names=tuple(f"{t:05d}" for t in range(count)))


def test_maps_are_found_by_name_and_a_missing_last_one_is_the_one_before(tmp_path: Path) -> None:
    for t in range(3):
        write_png(tmp_path / "one" / "bear" / f"{t:05d}.png", np.full((48, 64), 100 + t, np.uint8))
    for t in range(2):
        write_png(tmp_path / "two" / "bear" / f"{t:05d}.png", np.full((24, 32), 50 + t, np.uint8))
    write_png(tmp_path / "two" / "cow" / "00001.png", np.zeros((24, 32), np.uint8))
    found = read_real_maps([tmp_path / "one", tmp_path / "two"], [video("bear"), video("cow"), video("bear@1")])
    assert set(found) == {"bear", "bear@1"}
    one, two = found["bear"]
    assert one.shape == (3, 24, 32) and one[:, 0, 0].tolist() == [100, 101, 102]
    assert two[:, 0, 0].tolist() == [50, 51, 51]


def test_a_folder_without_any_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing: no maps of the training videos"):
        read_real_maps([tmp_path / "nothing"], [video("bear")])


def test_errors_come_whole_or_not_at_all() -> None:
    truth, real = np.zeros((40, 60), np.float32), np.zeros((40, 60), np.float32)
    truth[10:30, 10:30] = 1
    real[10:30, 10:20] = 1  # half of it is missing
    real[5:15, 40:50] = 1  # and something else is there
    seen = set()
    for seed in range(30):
        m = with_some_errors(truth, real, np.random.default_rng(seed), keep=0.5)
        missing, added = (m[10:30, 20:30] == 0).mean(), (m[5:15, 40:50] == 1).mean()
        assert missing in (0, 1) and added in (0, 1)
        seen.add((missing, added))
    assert len(seen) == 4
    assert (with_some_errors(truth, real, np.random.default_rng(0), keep=0) == truth).all()
    assert (with_some_errors(truth, real, np.random.default_rng(0), keep=1.1) == real).all()
