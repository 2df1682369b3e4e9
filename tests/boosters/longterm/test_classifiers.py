"""The binary classifiers: layers on frozen features (Eq. 9 of LIMVSOD), and a whole network on crops (the script)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from vsodboost.boosters.longterm.classifiers import CropClassifier, FeatureClassifier
from vsodboost.boosters.longterm.features import encoded


def ring(count: int = 200) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Features that no plane divides: salient within a circle."""
    features = np.random.default_rng(0).normal(size=(count, 2)).astype(np.float32)
    return features, np.linalg.norm(features, axis=1) < 1.1


def test_it_learns_what_no_plane_divides_and_improves_when_updated() -> None:
    features, salient = ring()
    classifier = FeatureClassifier(features)
    rows = np.arange(0, 200, 2)
    shares = []
    for _ in range(8):
        classifier.update(rows, salient[rows])
        shares.append(float(((classifier.probabilities() > 0.5) == salient).mean()))
    assert shares[-1] > 0.9
    assert shares[-1] >= shares[0]


def test_seeded_runs_agree_and_leave_the_global_generator_alone() -> None:
    features, salient = ring(60)
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    answers = []
    for _ in range(2):
        classifier = FeatureClassifier(features, seed=3)
        classifier.update(np.arange(60), salient)
        answers.append(classifier.probabilities())
    assert (answers[0] == answers[1]).all()
    assert torch.equal(before, torch.random.get_rng_state())


def test_mirrored_features_teach_too() -> None:
    # The frames say nothing: all alike. Only the mirrored ones tell the two apart, so what is learned comes from them.
    rng = np.random.default_rng(1)
    salient = np.arange(80) % 2 == 0
    plain = rng.normal(size=(80, 2)).astype(np.float32) * 0.01
    turned = plain + np.where(salient, 1.0, -1.0).astype(np.float32)[:, None]
    without = FeatureClassifier(plain)
    with_mirror = FeatureClassifier(plain, turned)
    for classifier in (without, with_mirror):
        classifier.update(np.arange(80), salient)
    probe = torch.from_numpy(((turned - plain.mean(axis=0)) / plain.std(axis=0)).astype(np.float32))
    with torch.inference_mode():
        said = torch.sigmoid(with_mirror._network(probe))[:, 0].numpy() > 0.5
    assert (said == salient).mean() > 0.95
    assert (without.probabilities() > 0.5).mean() < 1


def test_identical_features_and_a_single_sample() -> None:
    classifier = FeatureClassifier(np.full((5, 3), 2.0, np.float32))
    classifier.update(np.array([0, 1]), np.array([True, False]))
    probabilities = classifier.probabilities()
    assert np.isfinite(probabilities).all()
    assert np.ptp(probabilities) == 0
    classifier.update(np.array([2]), np.array([True]))
    assert np.isfinite(classifier.probabilities()).all()


def test_the_classifier_on_crops_learns_and_is_seeded(resnet18_file: Path) -> None:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 60, (10, 24, 24, 3)).astype(np.uint8)
    salient = np.arange(10) % 2 == 0
    pictures[salient] += 180
    crops = tuple(encoded(p, 64) for p in pictures)
    answers = []
    for _ in range(2):
        classifier = CropClassifier(crops, resnet18_file, side=32)
        classifier.update(np.arange(8), salient[:8])
        answers.append(classifier.probabilities())
    assert (answers[0] == answers[1]).all()
    assert answers[0][salient].min() > answers[0][~salient].max()  # the last two were never shown
