"""What scoring a frame costs, beside PySODMetrics on the same files in the same process, and how far the two differ.

    python benchmarks/scoring.py DAVIS MAPS                  24 frames of its first sequence, median of 5
    python benchmarks/scoring.py DAVIS MAPS --only libby --frames 49

Both read the files and give F-, E-, S-measure, weighted F and MAE; ours gives precision, recall, J and contours, too,
and decides first how the files are to be read. Seconds are the processor's; set OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

import cv2
import py_sod_metrics

from vsodboost.metrics.evaluate import evaluate
from vsodboost.metrics.protocols import ALL
from vsodboost.metrics.sequences import Pair, paired_sequences

COMPARED = ("maxF", "meanF", "adpF", "S", "maxE", "meanE", "adpE", "wF", "MAE")


def theirs(pairs: Sequence[Pair]) -> dict[str, float]:
    """PySODMetrics' figures of a sequence, with one reading of every file."""
    f, e = py_sod_metrics.Fmeasure(beta=0.3), py_sod_metrics.Emeasure()
    s, weighted, mae = py_sod_metrics.Smeasure(), py_sod_metrics.WeightedFmeasure(), py_sod_metrics.MAE()
    for pair in pairs:
        truth = cv2.imread(str(pair.truth.files[0]), cv2.IMREAD_GRAYSCALE)
        saliency = cv2.imread(str(pair.prediction), cv2.IMREAD_GRAYSCALE)
        if saliency.shape != truth.shape:
            saliency = cv2.resize(saliency, truth.shape[::-1], interpolation=cv2.INTER_LINEAR)
        for metric in (f, e, s, weighted, mae):
            metric.step(saliency, truth)
    fm, em = f.get_results()["fm"], e.get_results()["em"]
    return {
        "maxF": fm["curve"].max(), "meanF": fm["curve"].mean(), "adpF": fm["adp"], "S": s.get_results()["sm"],
        "maxE": em["curve"].max(), "meanE": em["curve"].mean(), "adpE": em["adp"],
        "wF": weighted.get_results()["wfm"], "MAE": mae.get_results()["mae"],
    }  # fmt: skip


def timed(score: Callable[[], Mapping[str, float]], frames: int) -> tuple[float, Mapping[str, float]]:
    """Processor seconds a frame, and the figures."""
    started = time.process_time()
    figures = score()
    return (time.process_time() - started) / frames, figures


def main() -> None:
    """Print seconds a frame, their ratio and the largest difference of a figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("truth", type=Path, metavar="DAVIS")
    parser.add_argument("maps", type=Path, metavar="MAPS")
    parser.add_argument("--only", metavar="SEQUENCE")
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    cv2.setNumThreads(1)
    sequences = paired_sequences(given.truth, given.maps, ALL, only=[given.only] if given.only else None)
    name, pairs = sequences[0].name, sequences[0].pairs
    step = max(1, len(pairs) // given.frames)
    pairs = pairs[::step]
    ratios = []
    for _ in range(given.repeat):
        cost, expected = timed(lambda: theirs(pairs), len(pairs))
        own, figures = timed(lambda: evaluate(given.truth, given.maps, only=[name], step=step).mean, len(pairs))
        ratios.append(cost / own)
        apart = max(abs(figures[key] - expected[key]) for key in COMPARED)
        print(f"{name}, {len(pairs)} frames: {own:.4f} s a frame, PySODMetrics {cost:.4f}: {cost / own:.1f} x; "
              f"largest difference {apart:.1e}")  # fmt: skip
    print(f"median {median(ratios):.1f} x")


if __name__ == "__main__":
    main()
