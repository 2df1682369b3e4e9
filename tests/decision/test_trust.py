"""Trust: its features by hand, its file, and what a fitted model does with agreement."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_scenes import disc, scene_of

from vsodboost.data.errors import WeightsError
from vsodboost.data.predictions import Predictions
from vsodboost.decision.trust import FEATURES, TrustModel, Witnesses, load_trust, trust_features
from vsodboost.training.trust import Observations, TrustOptions, fit, interval


def feature(values: np.ndarray, name: str) -> np.ndarray:
    return values[:, FEATURES.index(name)]


def test_features_of_agreement_and_of_its_absence() -> None:
    here, there = disc(4, 10, 10), disc(4, 24, 24)
    scene = scene_of(target=here, motion_maps=here, fused=here)
    witnesses = Witnesses(scene, Predictions(here, here), here)
    agreed, apart = trust_features(here, witnesses), trust_features(there, witnesses)
    for name in (
        "target",
        "motion",
        "fused",
        "target_free",
        "unguided",
        "guided",
        "worst",
        "mean",
        "steady",
        "decided",
        "boosted",
    ):
        assert feature(agreed, name) == pytest.approx(1, abs=1e-5), name
    for name in ("target", "motion", "fused", "worst", "mean"):
        assert feature(apart, name) == pytest.approx(0, abs=1e-5), name
    for name in ("s_boosted", "s_target_free", "s_motion"):
        assert (feature(agreed, name) > 0.9).all(), name  # soft at the edge when coarser, so not 1
        assert (feature(apart, name) < 0.6).all(), name
    assert feature(agreed, "area") == pytest.approx(np.sqrt(here.mean((1, 2))))


def test_flicker_is_not_steady_but_a_cut_is_no_flicker() -> None:
    maps = np.concatenate([disc(2, 10, 10), disc(2, 24, 24)])
    predictions = Predictions(maps, maps)
    through = trust_features(maps, Witnesses(scene_of(target=maps), predictions, maps))
    cut = trust_features(maps, Witnesses(scene_of(target=maps, shots=((0, 2), (2, 4))), predictions, maps))
    assert feature(through, "steady")[2] == pytest.approx(0, abs=1e-5)
    assert feature(cut, "steady")[2] == pytest.approx(1, abs=1e-5)


def test_a_fitted_model_learns_what_agreement_is_worth() -> None:
    rng = np.random.default_rng(0)
    features = rng.random((600, len(FEATURES))).astype(np.float32)
    scores = (0.3 + 0.6 * features[:, FEATURES.index("mean")]).astype(np.float32)
    model = fit([Observations("v", "k", features, scores)], TrustOptions(), seed=0)
    assert np.abs(model.estimate(features) - scores).mean() < 0.02
    assert np.abs(TrustModel.from_json(model.to_json()).estimate(features) - model.estimate(features)).max() < 1e-3


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "trust.json"
    file.write_text('{"features": ["other"], "out_bias": 0}')
    with pytest.raises(WeightsError, match=r"trust\.json.*features"):
        load_trust(file)


def test_the_shipped_model_trusts_agreement_more_than_garbage() -> None:
    from vsodboost.weights.shipped import shipped_path

    model = load_trust(shipped_path("trust", ".json"))
    here, noise = disc(6, 16, 16), (np.random.default_rng(0).random((6, 32, 32)) > 0.9).astype(np.float32)
    scene = scene_of(target=noise, motion_maps=here, fused=here)
    witnesses = Witnesses(scene, Predictions(here, here), here)
    trusted, doubted = (model.estimate(trust_features(m, witnesses)) for m in (here, noise))
    assert trusted.min() > doubted.max() + 0.2


def test_files_of_the_former_names_are_still_read() -> None:
    former = {"target_free": "independent", "unguided": "alone", "guided": "informed"}
    written = TrustModel(*(np.ones(3, np.float32),) * 5, out_bias=0.0).to_json()
    for now, then in {**former, "target_and_target_free": "target_and_independent"}.items():
        written = written.replace(f'"{now}"', f'"{then}"')
    written = written.replace('"features"', '"clues"').replace('"s_target_free"', '"s_independent"')
    assert TrustModel.from_json(written).out_bias == 0
    with pytest.raises(ValueError, match="not those of this version"):
        TrustModel.from_json(written.replace('"steady"', '"calm"'))


def test_what_is_said_beside_motion() -> None:
    moving, still = disc(2, 10, 10), disc(2, 24, 24)
    motion = np.zeros((2, 32, 32, 2), np.float32)
    motion[moving > 0] = (5, 0)
    scene = scene_of(target=moving, motion=motion)
    right, wrong = (trust_features(m, Witnesses(scene, Predictions(m, m), m)) for m in (moving, still))
    assert feature(right, "moves").min() > 0.8 > 0.2 > feature(wrong, "moves").max()
    assert feature(right, "motion_missed").max() < 0.4 < 0.9 < feature(wrong, "motion_missed").min()
    assert feature(right, "residual").min() > 0.7


def test_the_interval_covers_nine_of_ten_of_what_it_was_not_made_of() -> None:
    rng = np.random.default_rng(0)
    trust = rng.uniform(0.3, 0.95, 4000).astype(np.float32)
    truth = np.clip(trust + rng.normal(0, 0.02 + 0.2 * (1 - trust)), 0, 1).astype(np.float32)
    ones = (np.ones(len(FEATURES), np.float32),) * 2
    model = TrustModel(
        *ones,
        np.ones((len(FEATURES), 1), np.float32),
        *(np.ones(1, np.float32),) * 2,
        0.0,
        interval(trust[:2000], truth[:2000]),
    )
    ends = model.interval_of(trust[2000:])
    assert ends is not None
    inside = (truth[2000:] >= ends[0]) & (truth[2000:] <= ends[1])
    assert 0.87 < inside.mean() < 0.93
    width = ends[1] - ends[0]
    assert width[trust[2000:] < 0.4].mean() > 1.5 * width[trust[2000:] > 0.9].mean()  # where it errs more, it says so
    assert (
        np.abs(
            np.array(TrustModel.from_json(model.to_json()).interval_of(trust[:9])) - model.interval_of(trust[:9])
        ).max()
        < 1e-3
    )


def test_without_an_interval_there_is_none() -> None:
    assert TrustModel(*(np.ones(3, np.float32),) * 5, out_bias=0.0).interval_of(np.ones(2, np.float32)) is None
