from __future__ import annotations

import numpy as np
import pytest
from map_files import frames
from sod_oracle import oracle_one

from vsodboost.metrics.mae import mae


def test_by_hand() -> None:
    assert mae(np.array([[0, 51, 255, 204]], np.uint8), np.array([[False, False, True, True]])) == pytest.approx(0.1)


def test_equals_pysodmetrics() -> None:
    for saliency, truth in frames(5):
        assert mae(saliency, truth) == pytest.approx(oracle_one(saliency, truth)["MAE"], abs=1e-12)
