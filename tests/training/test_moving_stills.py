"""Video made of stills: the object moves, the rest goes with the camera, and the flow says so."""

from __future__ import annotations

import cv2
import numpy as np
from vsodboost_plugins.flow.dis import DIS

from vsodboost.training.moving_stills import LARGEST_AREA, LEAST_AREA, moving_still, moving_video

SIZE = (96, 160)


def still(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A textured picture with a disc of another texture."""
    rng = np.random.default_rng(seed)
    picture = cv2.resize(rng.integers(0, 256, (30, 40, 3)).astype(np.uint8), (200, 150), interpolation=cv2.INTER_CUBIC)
    mask = np.zeros((150, 200), np.uint8)
    cv2.circle(mask, (100, 75), 45, 255, -1)
    return picture, mask


def test_the_object_moves_and_the_others_do_not() -> None:
    stills = [still(seed) for seed in range(4)]
    rng = np.random.default_rng(0)
    made = [m for m in (moving_still(stills, SIZE, DIS("fast"), rng) for _ in range(30)) if m is not None]
    assert len(made) > 10
    inside, outside, beside = [], [], []
    for m in made:
        assert m.frame.shape == (*SIZE, 3)
        assert m.truth.shape == m.others.shape == SIZE
        assert m.motion.shape == (*SIZE, 2)
        assert LEAST_AREA < m.truth.mean() < LARGEST_AREA
        assert (m.truth * m.others).max() < 0.3  # never both, but in the soft edge
        length = np.linalg.norm(m.motion, axis=-1)
        inside.append(float(length[m.truth > 0.9].mean()))
        outside.append(float(length[(m.truth < 0.1) & (m.others < 0.1)].mean()))
        beside.append(float(length[(m.others > 0.9) & (m.truth < 0.1)].mean()) if (m.others > 0.9).any() else 0.0)
    assert np.median(inside) > 2 * np.median(outside)
    assert np.median(inside) > 2 * np.median(beside)


def test_it_depends_on_the_generator_alone() -> None:
    stills = [still(seed) for seed in range(3)]
    one, two = (moving_still(stills, SIZE, DIS("fast"), np.random.default_rng(5)) for _ in range(2))
    assert one is not None
    assert two is not None
    assert (one.frame == two.frame).all()
    assert (one.motion == two.motion).all()


def test_a_whole_video_of_stills() -> None:
    stills = [still(seed) for seed in range(4)]
    made = [
        m for m in (moving_video(stills, SIZE, 6, np.random.default_rng(seed)) for seed in range(12)) if m is not None
    ]
    assert len(made) > 3
    for m in made:
        assert m.frames.shape == (6, *SIZE, 3) and m.frames.dtype == np.uint8
        assert m.truth.shape == m.others.shape == (6, *SIZE)
        assert (m.truth * m.others).max() < 0.3
        assert min(t.mean() for t in m.truth) >= LEAST_AREA
    ways = [np.abs(np.diff([np.argwhere(t > 0.5).mean(0) for t in m.truth], axis=0)).sum(1) for m in made]
    assert np.median([way.max() for way in ways]) > 2  # px a frame
