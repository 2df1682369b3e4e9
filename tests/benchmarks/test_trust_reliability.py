"""Trust against truth: rank correlation, bins and the drawing, on runs whose true S is known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from benchmark_scripts import script

from vsodboost.io.atomic import write_png
from vsodboost.metrics.s_measure import s_measure
from vsodboost.writers.table import FramesTable

reliability = script("trust_reliability")
TRUTH = np.zeros((40, 60), bool)
TRUTH[10:30, 15:45] = True


def run_of(root: Path, name: str, trust: list[float]) -> tuple[Path, list[float]]:
    """A run on one video of as many frames, worse from frame to frame, and the true S of each."""
    true = []
    for t in range(len(trust)):
        m = np.where(np.roll(TRUTH, 2 * t, axis=1), 255, 0).astype(np.uint8)
        write_png(root / "truth" / "clip" / f"{t}.png", TRUTH.astype(np.uint8) * 255)
        write_png(root / name / "clip" / f"{t}.png", m)
        true.append(s_measure(m, TRUTH))
    with FramesTable(root / name / "clip" / "frames.csv") as table:
        for t, value in enumerate(trust):
            table.add({"frame": str(t), "trust": value, "target_trust": 1 - value})
    return root / name, true


def test_bins_by_hand() -> None:
    judged = reliability.Judged([0.05, 0.31, 0.39, 1.0], [0.2, 0.3, 0.5, 0.9])
    first, second, last = reliability.reliability(judged)
    assert (first.low, first.frames, first.truth) == (0, 1, 0.2)
    assert (second.frames, second.trust, second.truth) == (2, pytest.approx(0.35), pytest.approx(0.4))
    assert (second.tenth, second.ninetieth) == (pytest.approx(0.32), pytest.approx(0.48))
    assert (last.low, last.high, last.frames) == (0.9, 1.0, 1)


def test_figures_by_hand() -> None:
    found = reliability.Judged([0.1, 0.2, 0.3, 0.4], [0.2, 0.1, 0.5, 0.6]).figures()
    # ranks 1 2 3 4 and 2 1 3 4: rho = 1 - 6 * 2 / (4 * 15)
    assert found["spearman"] == pytest.approx(0.8)
    assert found["error"] == pytest.approx(0.15)
    assert found["bias"] == pytest.approx(-0.1)
    assert np.isnan(reliability.Judged([0.5, 0.5], [0.2, 0.1]).figures()["spearman"])


def test_runs_are_pooled_and_written(tmp_path: Path) -> None:
    good, true = run_of(tmp_path, "good", [0.9, 0.8, 0.7, 0.6])
    bad, _ = run_of(tmp_path, "bad", [0.6, 0.7, 0.8, 0.9])
    lines: list[str] = []
    files = ["--maps", str(good), str(bad), "--png", str(tmp_path / "trust.png")]
    files += ["--json", str(tmp_path / "trust.json")]
    reliability.main([str(tmp_path / "truth"), str(good), str(bad), *files], lines.append)
    rows = json.loads((tmp_path / "trust.json").read_text(encoding="utf-8"))["rows"]
    assert rows["good"]["spearman"] == pytest.approx(1)
    assert rows["bad"]["spearman"] == pytest.approx(-1)
    assert rows["good, target's maps"]["spearman"] == pytest.approx(-1)  # target_trust is the other way round
    assert rows["good"]["bias"] == pytest.approx(np.mean(np.array([0.9, 0.8, 0.7, 0.6]) - true), abs=1e-5)
    assert rows["all results"]["frames"] == 8
    assert rows["all results"]["spearman"] == pytest.approx(0, abs=1e-9)
    assert (tmp_path / "trust.png").stat().st_size > 1000
    assert any("all results" in line for line in lines)


def test_the_diagram_has_its_dots_where_trust_and_truth_meet() -> None:
    (one,) = reliability.reliability(reliability.Judged([0.25] * 5, [0.75] * 5))
    picture = reliability.diagram([one], size=480)
    blue = np.argwhere((picture == (0, 114, 178)).all(axis=-1)).mean(axis=0)
    assert blue == pytest.approx([48 + 0.25 * 384, 48 + 0.25 * 384], abs=2)


def test_what_is_no_run_is_named(tmp_path: Path) -> None:
    good, _ = run_of(tmp_path, "good", [0.9, 0.8])
    with pytest.raises(SystemExit, match="no run"):
        reliability.main([str(tmp_path / "truth"), str(tmp_path / "nothing")])
    table = good / "clip" / "frames.csv"
    table.write_text("\n".join(table.read_text(encoding="utf-8").splitlines()[:2]) + "\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="no row for frame 1"):
        reliability.main([str(tmp_path / "truth"), str(good)])
