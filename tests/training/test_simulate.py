"""Simulated targets: valid maps, of every quality, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from vsodboost.training.simulate import blobs, faulty_map, synthetic_motion


def truth() -> np.ndarray:
    m = np.zeros((64, 96), np.float32)
    m[20:44, 30:70] = 1
    return m


def test_maps_are_valid_and_of_every_quality() -> None:
    errors = []
    for seed in range(60):
        m = faulty_map(truth(), np.random.default_rng(seed), weak=truth() * 0.5, other=np.roll(truth(), 20, 1))
        assert m.shape == (64, 96)
        assert m.dtype == np.float32
        assert 0 <= m.min() <= m.max() <= 1
        errors.append(np.abs(m - truth()).mean())
    assert min(errors) < 0.02
    assert max(errors) > 0.12


def test_the_share_of_nearly_right_maps_is_heeded() -> None:
    rng = np.random.default_rng(0)
    errors = [np.abs(faulty_map(truth(), rng, nearly_right=1.0) - truth()).mean() for _ in range(40)]
    assert np.median(errors) < 0.06  # blur of up to 6 px counts as nearly right


def test_same_seed_same_map() -> None:
    a, b = (faulty_map(truth(), np.random.default_rng(5)) for _ in range(2))
    assert (a == b).all()


@pytest.mark.parametrize("coverage", [0.05, 0.5])
def test_blobs_cover_what_was_asked(coverage: float) -> None:
    pattern = blobs((60, 80), np.random.default_rng(1), coverage)
    assert set(np.unique(pattern)) <= {0.0, 1.0}
    assert abs(pattern.mean() - coverage) < 0.02


def test_synthetic_motion_moves_the_object_more_than_the_rest() -> None:
    motion = np.linalg.norm(synthetic_motion(truth(), np.random.default_rng(3)), axis=-1)
    assert motion[28:36, 40:60].mean() > 2 * motion[:10].mean()
