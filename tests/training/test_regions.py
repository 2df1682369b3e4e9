"""Learning what evidence is worth: pairs of maps, pieces with their truth, and the model fitted to them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from vsodboost_plugins.flow.dis import DIS

from vsodboost.data.errors import UsageError
from vsodboost.decision.evidence import EVIDENCE
from vsodboost.decision.regions import RegionModel, load_regions
from vsodboost.io.atomic import write_png
from vsodboost.training.data import AnnotatedVideo
from vsodboost.training.recipe import TrainingRequest
from vsodboost.training.regions import Pieces, RegionOptions, fit, nearly_right, observe, pairs, regions, scene_of

SIZE = (96, 128)


def moving_block() -> tuple[np.ndarray, np.ndarray]:
    """Frames and truth of a textured block that moves by 4 px a frame before another texture."""
    rng = np.random.default_rng(0)
    background, block = (
        cv2.resize(rng.integers(0, 256, (n, m, 3)).astype(np.uint8), (4 * m, 4 * n)) for n, m in ((24, 32), (10, 8))
    )
    frames, truth = np.stack([background] * 5), np.zeros((5, *SIZE), np.uint8)
    for t in range(5):
        frames[t, 30:70, 20 + 4 * t : 52 + 4 * t], truth[t, 30:70, 20 + 4 * t : 52 + 4 * t] = block, 255
    return frames, truth


def test_pieces_know_how_much_of_them_is_object() -> None:
    frames, levels = moving_block()
    scene = scene_of(AnnotatedVideo("v", frames, levels), DIS("fast"), "dis", 5)
    size = scene.frames.shape[1:3]
    truth = np.stack([cv2.resize(m, size[::-1]) for m in (levels / 255).astype(np.float32)])
    wrong = truth.copy()
    wrong[:, : size[0] // 6, : size[1] // 6] = 1
    seen = observe(scene, truth, wrong, truth, every=2)
    assert seen.evidence.shape == (3, len(EVIDENCE))
    assert seen.belongs.max() < 0.01
    assert seen.counts.sum() == pytest.approx(3)
    evidence = dict(zip(EVIDENCE, seen.evidence[0], strict=True))
    assert evidence["added"] == 1 and evidence["touches_border"] == 1
    assert evidence["core_moves_beside_background"] > 0.5 > 0 > evidence["moves_beside_core"]
    assert observe(scene, wrong, truth, truth, every=1).belongs.max() < 0.01  # removed, and rightly so
    assert len(observe(scene, truth, truth, truth, every=1).belongs) == 0


def test_pairs_are_of_what_targets_give_and_boosted_maps_may_be() -> None:
    _, levels = moving_block()
    truth = (levels / 255).astype(np.float32)
    real = [np.roll(truth, 30, axis=2), truth * 0]
    found = list(pairs(truth, real, np.random.default_rng(0)))
    assert len(found) == 7
    assert all(a.shape == b.shape == truth.shape for a, b in found)
    assert (found[0][0] == real[0]).all()
    spoilt = nearly_right(truth, real, np.random.default_rng(1))
    assert (spoilt == nearly_right(truth, real, np.random.default_rng(1))).all()
    assert set(np.unique(spoilt)) <= {0.0, 1.0}


def test_the_model_learns_what_decides() -> None:
    rng = np.random.default_rng(0)
    evidence = rng.normal(0, 0.5, (400, len(EVIDENCE))).astype(np.float32)
    moves = evidence[:, EVIDENCE.index("moves_beside_core")]
    pieces = [Pieces(evidence, (moves > 0).astype(np.float32), np.ones(400, np.float32))]
    model = fit(pieces, RegionOptions(steps=200), seed=0)
    right = (model.estimate(evidence) > 0.5) == (moves > 0)
    assert right.mean() > 0.95
    assert np.abs(RegionModel.from_json(model.to_json()).logit(evidence) - model.logit(evidence)).max() < 0.01


def test_from_folders_to_a_file(tmp_path: Path) -> None:
    frames, truth = moving_block()
    for t in range(5):
        cv2.imwrite(str(folder_of(tmp_path, "JPEGImages") / f"{t:05d}.jpg"), frames[t])
        write_png(tmp_path / "Annotations" / "480p" / "v" / f"{t:05d}.png", truth[t])
        write_png(tmp_path / "model" / "v" / f"{t:05d}.png", np.roll(truth[t], 24, axis=1))
    said: list[str] = []
    request = TrainingRequest(
        (tmp_path,), tmp_path / "out", said.append, {"maps": str(tmp_path / "model"), "steps": "20"},
        build=lambda kind, name, **options: DIS("fast"),
    )  # fmt: skip
    assert load_regions(regions(request)).logit(np.zeros((2, len(EVIDENCE)), np.float32)).shape == (2,)
    assert any("v: " in line and "disputed pieces" in line for line in said)
    with pytest.raises(UsageError, match="train regions needs"):
        regions(TrainingRequest((tmp_path,), tmp_path / "out", said.append))


def folder_of(root: Path, kind: str) -> Path:
    folder = root / kind / "480p" / "v"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
