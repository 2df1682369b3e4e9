from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

from vsodboost.ops.s_measure import s_measure


def reference(prediction: torch.Tensor, truth: torch.Tensor) -> np.ndarray:
    sod = pytest.importorskip("py_sod_metrics")
    scores = []
    for p, g in zip(prediction.double().numpy(), truth.numpy() > 0.5, strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            measure = sod.Smeasure(alpha=0.5)
        measure.step(p, g, normalize=False)
        scores.append(measure.get_results()["sm"])
    return np.array(scores)


def blobs(count: int, height: int, width: int, seed: int) -> torch.Tensor:
    """Smooth random maps in [0, 1], float32[count, height, width]."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(count, 1, 5, 6, generator=generator)
    maps = torch.nn.functional.interpolate(noise, (height, width), mode="bicubic", align_corners=False)
    return maps[:, 0].clamp(0, 1)


@pytest.mark.parametrize("size", [(48, 64), (37, 53), (5, 7)])
def test_equals_pysodmetrics(size: tuple[int, int]) -> None:
    prediction, truth = blobs(16, *size, seed=1), blobs(16, *size, seed=2)
    # A prediction that resembles its truth, too: agreement has to be right at both ends of the scale.
    prediction[:8] = (0.7 * truth[:8] + 0.3 * prediction[:8]) ** 2
    assert np.abs(s_measure(prediction, truth).numpy() - reference(prediction, truth)).max() < 1e-5


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_degenerate_truth_equals_pysodmetrics(level: float) -> None:
    prediction, truth = blobs(4, 20, 30, seed=3), torch.full((4, 20, 30), level)
    assert np.allclose(s_measure(prediction, truth).numpy(), reference(prediction, truth), atol=1e-5)


def test_binary_and_empty_predictions_equal_pysodmetrics() -> None:
    truth = blobs(6, 40, 40, seed=4)
    prediction = (blobs(6, 40, 40, seed=5) > 0.5).float()
    prediction[0], prediction[1] = 0, 1
    prediction[2] = (truth[2] > 0.5).float()
    got = s_measure(prediction, truth).numpy()
    assert np.allclose(got, reference(prediction, truth), atol=1e-5)
    assert got[2] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("at", [(0, 0), (39, 10), (20, 49), (39, 49)])
def test_a_single_foreground_pixel(at: tuple[int, int]) -> None:
    prediction, truth = blobs(1, 40, 50, seed=6), torch.zeros(1, 40, 50)
    truth[0, at[0], at[1]] = 1
    got = s_measure(prediction, truth)
    assert torch.isfinite(got).all()
    if at == (0, 0):  # elsewhere a quadrant is empty, where PySODMetrics gives NaN
        assert np.allclose(got.numpy(), reference(prediction, truth), atol=1e-5)


def test_quadrants_in_which_both_are_constant_score_one() -> None:
    prediction, truth = torch.full((1, 30, 40), 0.3), torch.zeros(1, 30, 40)
    truth[0, 7, 7] = 1
    # Only the truth of the first quadrant (rows 0-7, columns 0-7) varies; it scores 0 as its prediction does not.
    background = 2 * 0.7 / (0.49 + 1)
    foreground = 2 * 0.3 / (0.09 + 1)
    share = 1 / 1200
    expected = 0.5 * (share * foreground + (1 - share) * background) + 0.5 * (1 - 64 / 1200)
    assert s_measure(prediction, truth).item() == pytest.approx(expected, abs=1e-6)


def test_soft_truth_is_the_same_where_it_is_binary_and_differs_where_not() -> None:
    prediction, truth = blobs(5, 24, 32, seed=7), blobs(5, 24, 32, seed=8)
    hard = (truth > 0.5).float()
    assert torch.allclose(s_measure(prediction, hard, soft=True), s_measure(prediction, hard), atol=1e-6)
    assert torch.allclose(s_measure(prediction, truth), s_measure(prediction, hard), atol=0)
    assert (s_measure(prediction, truth, soft=True) - s_measure(prediction, truth)).abs().max() > 1e-2


def test_many_frames_are_worked_on_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    prediction, truth = blobs(7, 24, 32, seed=9), blobs(7, 24, 32, seed=10)
    whole = s_measure(prediction, truth)
    monkeypatch.setattr("vsodboost.ops.s_measure.CHUNK_PIXELS", 2 * 24 * 32)
    assert torch.allclose(s_measure(prediction, truth), whole, atol=1e-7)
    assert s_measure(prediction[:0], truth[:0]).shape == (0,)


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match=r"\[2, 4, 4\], \[2, 4, 5\]"):
        s_measure(torch.zeros(2, 4, 4), torch.zeros(2, 4, 5))
    with pytest.raises(ValueError, match=r"\[4, 4\]"):
        s_measure(torch.zeros(4, 4), torch.zeros(4, 4))
