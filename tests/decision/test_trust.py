"""Trust: its clues by hand, its file, and what a fitted model does with agreement."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_scenes import disc, scene_of

from vsodboost.data.errors import WeightsError
from vsodboost.decision.fusion import Predictions
from vsodboost.decision.trust import CLUES, TrustModel, clues_of, load_trust
from vsodboost.training.trust import TrustOptions, fit


def clue(values: np.ndarray, name: str) -> np.ndarray:
    return values[:, CLUES.index(name)]


def test_clues_of_agreement_and_of_its_absence() -> None:
    here, there = disc(4, 10, 10), disc(4, 24, 24)
    scene = scene_of(target=here, motion_maps=here, fused=here)
    heard = Predictions(here, here)
    agreed, alone = clues_of(here, scene, heard, here), clues_of(there, scene, heard, here)
    for name in (
        "target",
        "motion",
        "fused",
        "independent",
        "alone",
        "informed",
        "worst",
        "mean",
        "steady",
        "decided",
        "boosted",
    ):
        assert clue(agreed, name) == pytest.approx(1, abs=1e-5), name
    for name in ("target", "motion", "fused", "worst", "mean"):
        assert clue(alone, name) == pytest.approx(0, abs=1e-5), name
    for name in ("s_boosted", "s_independent", "s_motion"):
        assert (clue(agreed, name) > 0.9).all(), name  # soft at the edge when coarser, so not 1
        assert (clue(alone, name) < 0.6).all(), name
    assert clue(agreed, "area") == pytest.approx(np.sqrt(here.mean((1, 2))))


def test_flicker_is_not_steady_but_a_cut_is_no_flicker() -> None:
    maps = np.concatenate([disc(2, 10, 10), disc(2, 24, 24)])
    heard = Predictions(maps, maps)
    through = clues_of(maps, scene_of(target=maps), heard, maps)
    cut = clues_of(maps, scene_of(target=maps, shots=((0, 2), (2, 4))), heard, maps)
    assert clue(through, "steady")[2] == pytest.approx(0, abs=1e-5)
    assert clue(cut, "steady")[2] == pytest.approx(1, abs=1e-5)


def test_a_fitted_model_learns_what_agreement_is_worth() -> None:
    rng = np.random.default_rng(0)
    clues = rng.random((600, len(CLUES))).astype(np.float32)
    scores = (0.3 + 0.6 * clues[:, CLUES.index("mean")]).astype(np.float32)
    model = fit(clues, scores, TrustOptions(), seed=0)
    assert np.abs(model.estimate(clues) - scores).mean() < 0.02
    assert np.abs(TrustModel.from_json(model.to_json()).estimate(clues) - model.estimate(clues)).max() < 1e-3


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "trust.json"
    file.write_text('{"clues": ["other"], "out_bias": 0}')
    with pytest.raises(WeightsError, match=r"trust\.json.*clues"):
        load_trust(file)


def test_the_shipped_model_trusts_agreement_more_than_garbage() -> None:
    from vsodboost.weights.shipped import shipped_path

    model = load_trust(shipped_path("trust", ".json"))
    here, noise = disc(6, 16, 16), (np.random.default_rng(0).random((6, 32, 32)) > 0.9).astype(np.float32)
    scene = scene_of(target=noise, motion_maps=here, fused=here)
    heard = Predictions(here, here)
    trusted, doubted = (model.estimate(clues_of(m, scene, heard, here)) for m in (here, noise))
    assert trusted.min() > doubted.max() + 0.2
