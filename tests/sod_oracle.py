"""PySODMetrics as an independent reference; tests that need it skip where it is not installed."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray


def oracle_figures(pairs: Iterable[tuple[NDArray[Any], NDArray[Any]]], *, as_files: bool = True) -> dict[str, Any]:
    """PySODMetrics' figures of frames (map, truth), under the names this project gives them, and its curves.

    ``as_files``: uint8 maps and 0/255 truths as read from files, which it stretches; else floats and bools, taken as
    they are.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sod = pytest.importorskip("py_sod_metrics")
        f, e, s = sod.Fmeasure(beta=0.3), sod.Emeasure(), sod.Smeasure(alpha=0.5)
        weighted, mae = sod.WeightedFmeasure(), sod.MAE()
        for prediction, truth in pairs:
            for metric in (f, e, s, weighted, mae):
                metric.step(prediction, truth, normalize=as_files)
    fm, em = f.get_results()["fm"], e.get_results()["em"]
    return {
        "maxF": fm["curve"].max(),
        "meanF": fm["curve"].mean(),
        "adpF": fm["adp"],
        "S": s.get_results()["sm"],
        "maxE": em["curve"].max(),
        "meanE": em["curve"].mean(),
        "adpE": em["adp"],
        "wF": weighted.get_results()["wfm"],
        "MAE": mae.get_results()["mae"],
        "f_curve": fm["curve"],
        "e_curve": em["curve"],
    }


def oracle_one(prediction: NDArray[Any], truth: NDArray[np.bool_]) -> dict[str, Any]:
    """PySODMetrics' figures of one frame: ``float[H, W]`` in [0, 1], not stretched, and ``bool[H, W]``."""
    return oracle_figures([(prediction.astype(np.float64), truth)], as_files=False)
