from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from map_files import blob, write

from vsodboost.metrics.evaluate import evaluate

SOFT = (blob(1) * 255).astype(np.uint8)
HARD = np.where(blob(1) > 0.5, 255, 0).astype(np.uint8)
BLURRED = np.where(np.roll(HARD, 1, 0) == HARD, HARD, 128).astype(np.uint8)
"""A mask with one grey pixel along its edges, as antialiased truth has."""


@pytest.mark.parametrize(
    ("truth", "maps", "asked"),
    [(SOFT, HARD, True), (HARD, SOFT, False), (HARD, HARD, False), (SOFT, SOFT, False), (BLURRED, HARD, False)],
)
def test_soft_truth_beside_maps_of_two_values_is_asked_about(
    tmp_path: Path, truth: np.ndarray, maps: np.ndarray, asked: bool
) -> None:
    for t in range(2):
        write(tmp_path / "gt" / "cows" / f"{t}.png", truth)
        write(tmp_path / "maps" / "cows" / f"{t}.png", maps)
    notes = evaluate(tmp_path / "gt", tmp_path / "maps").notes
    assert any("are GT and PRED swapped?" in note for note in notes) == asked
