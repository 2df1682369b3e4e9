"""How far trust can be relied on: its rank correlation with the true S-measure, and the reliability diagram.

    vsodboost wrap --target maps:CSNet DAVIS -o boosted/CSNet
    vsodboost wrap --target maps:PDB DAVIS -o boosted/PDB
    python benchmarks/trust_reliability.py DAVIS boosted/CSNet boosted/PDB --maps CSNet PDB --png trust.png

Trust and its interval are read from the runs' frames.csv, the truth is scored by protocol ``all`` frame by frame, and
the frames of all runs are pooled. With --maps, the folders of the targets' own maps in the same order, the trust in
those is judged too.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.stats import spearmanr

from vsodboost.io.atomic import write_png
from vsodboost.metrics.grey_files import read_map, read_truth
from vsodboost.metrics.protocols import ALL
from vsodboost.metrics.s_measure import s_measure
from vsodboost.metrics.sequences import truth_sequences

BINS = 10


@dataclass
class Judged:
    """Trust and true S-measure of frames, in parallel lists, and how many had the truth ``inside`` the interval, where
    the run says one."""

    trust: list[float] = field(default_factory=list)
    truth: list[float] = field(default_factory=list)
    inside: list[bool] = field(default_factory=list)

    def extend(self, other: Judged) -> None:
        """Take in another's frames."""
        self.trust += other.trust
        self.truth += other.truth
        self.inside += other.inside

    def figures(self) -> dict[str, float]:
        """Number of frames, Spearman's rank correlation (nan where one of the two is constant), mean absolute and
        mean signed difference (trust minus truth), share of frames inside the interval (nan where there is none)."""
        trust, truth = np.array(self.trust), np.array(self.truth)
        varied = len(trust) > 1 and np.ptp(trust) > 0 and np.ptp(truth) > 0
        apart = trust - truth
        return {
            "frames": len(trust),
            "spearman": float(spearmanr(trust, truth).statistic) if varied else float("nan"),
            "error": float(np.abs(apart).mean()),
            "bias": float(apart.mean()),
            "inside": float(np.mean(self.inside)) if self.inside else float("nan"),
        }


@dataclass(frozen=True)
class Bin:
    """Frames whose trust lies in [low, high): how many, their mean trust, and mean, 10th and 90th percentile of S."""

    low: float
    high: float
    frames: int
    trust: float
    truth: float
    tenth: float
    ninetieth: float


def reliability(judged: Judged, bins: int = BINS) -> list[Bin]:
    """The bins of the reliability diagram that hold a frame, from low to high trust."""
    trust, truth = np.array(judged.trust), np.array(judged.truth)
    place = np.minimum((trust * bins).astype(int), bins - 1)
    found = []
    for index in np.unique(place):
        inside = place == index
        tenth, ninetieth = np.quantile(truth[inside], (0.1, 0.9))
        mean_trust, mean_truth = float(trust[inside].mean()), float(truth[inside].mean())
        edges = (float(index) / bins, float(index + 1) / bins)
        found.append(Bin(*edges, int(inside.sum()), mean_trust, mean_truth, float(tenth), float(ninetieth)))
    return found


def judge_run(
    run: Path, truths: Mapping[str, Sequence[Path]], step: int, maps: Path | None, *, as_written: bool = False
) -> tuple[Judged, Judged]:
    """The frames of a run: of its own maps, and of the target's where their folder ``maps`` is given."""
    final, target = Judged(), Judged()
    for name, masks in truths.items():
        table = run / name / "frames.csv"
        if not table.is_file():
            continue
        with table.open(encoding="utf-8", newline="") as file:
            rows = {row["frame"]: row for row in csv.DictReader(file)}
        for mask in ALL.scored(masks, step):
            row = rows.get(mask.stem)
            if row is None:
                raise SystemExit(f"{table}: no row for frame {mask.stem}; is it a run on another video?")
            truth = read_truth(mask)
            for judged, folder, column in ((final, run, "trust"), (target, maps, "target_trust")):
                if folder is not None and row[column]:  # empty where the target has no map
                    judged.trust.append(float(row[column]))
                    judged.truth.append(true_s(folder / name / f"{mask.stem}.png", truth, as_written))
            if row.get("trust_low"):
                final.inside.append(float(row["trust_low"]) <= final.truth[-1] <= float(row["trust_high"]))
    if not final.trust:
        raise SystemExit(f"{run}: no run on any sequence of the truth in it; give what vsodboost wrap -o wrote")
    return final, target


def true_s(file: Path, truth: NDArray[np.bool_], as_written: bool) -> float:
    """S-measure of the map in a file, stretched to its full range as toolboxes do unless ``as_written``."""
    grey, written = ALL.prepared(read_map(file), (truth.shape[0], truth.shape[1]))
    return s_measure(written if as_written else grey, truth)


def diagram(bins: Sequence[Bin], size: int = 480) -> NDArray[np.uint8]:
    """The reliability diagram ``uint8[size, size, 3]``: dots at (mean trust, mean S), the larger the more frames, bars
    from the 10th to the 90th percentile of S, and the diagonal on which trust would be right."""
    fine, edge = 3, 48
    image = Image.new("RGB", (size * fine, size * fine), "white")
    draw = ImageDraw.Draw(image)
    inner = (size - 2 * edge) * fine

    def at(x: float, y: float) -> tuple[float, float]:
        return edge * fine + x * inner, size * fine - edge * fine - y * inner

    grey = (200, 203, 210)
    for k in range(0, 11, 2):
        draw.line([at(k / 10, 0), at(k / 10, 1)], fill=(235, 236, 240), width=fine)
        draw.line([at(0, k / 10), at(1, k / 10)], fill=(235, 236, 240), width=fine)
    draw.rectangle([at(0, 1), at(1, 0)], outline=grey, width=fine)
    draw.line([at(0, 0), at(1, 1)], fill=grey, width=2 * fine)
    most = max((b.frames for b in bins), default=1)
    for b in bins:
        draw.line([at(b.trust, b.tenth), at(b.trust, b.ninetieth)], fill=(150, 190, 220), width=4 * fine)
    for b in bins:
        x, y = at(b.trust, b.truth)
        radius = (3 + 6 * (b.frames / most) ** 0.5) * fine
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=(0, 114, 178))
    image = image.resize((size, size), Image.Resampling.LANCZOS)
    write = ImageDraw.Draw(image)
    for k in range(0, 11, 2):
        write.text((edge + k / 10 * (size - 2 * edge) - 8, size - edge + 6), f"{k / 10:.1f}", fill="black")
        write.text((edge - 26, size - edge - k / 10 * (size - 2 * edge) - 6), f"{k / 10:.1f}", fill="black")
    write.text((size // 2 - 14, size - 20), "trust", fill="black")
    write.text((8, 14), "true S-measure", fill="black")
    return np.asarray(image, np.uint8)


def table(bins: Sequence[Bin], width: int = 40) -> list[str]:
    """The reliability diagram as text: ``=`` up to the mean S, ``|`` at the mean trust."""
    lines = [f"{'trust':>9}{'frames':>8}{'mean':>7}{'true S':>8}{'10 %':>7}{'90 %':>7}"]
    for b in bins:
        bar = [*("=" * round(b.truth * width)).ljust(width + 1)]
        bar[round(b.trust * width)] = "|"
        cells = f"{b.frames:8d}{b.trust:7.3f}{b.truth:8.3f}{b.tenth:7.3f}{b.ninetieth:7.3f}"
        lines.append(f"{b.low:.1f} - {b.high:.1f}{cells}  {''.join(bar).rstrip()}")
    return lines


def main(arguments: Sequence[str] | None = None, say: Callable[[str], None] = print) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="DAVIS-like root, or its Annotations")
    parser.add_argument("runs", type=Path, nargs="+", help="folders that vsodboost wrap -o wrote")
    parser.add_argument("--maps", type=Path, nargs="+", help="folders of the targets' maps, one a run")
    parser.add_argument("--step", type=int, default=1, help="every n-th frame")
    parser.add_argument("--only", nargs="+", metavar="SEQ", help="sequences to judge")
    parser.add_argument("--as-written", action="store_true", help="score maps as they are, not stretched to [0, 1]")
    parser.add_argument("--png", type=Path, help="draw the reliability diagram")
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    options = parser.parse_args(arguments)
    if options.maps and len(options.maps) != len(options.runs):
        parser.error("--maps needs a folder for each run, in the same order")

    truths = {k: v for k, v in truth_sequences(options.data).items() if options.only is None or k in options.only}
    pooled, pooled_target, rows = Judged(), Judged(), dict[str, dict[str, float]]()
    for run, maps in zip(options.runs, options.maps or [None] * len(options.runs), strict=True):
        final, target = judge_run(run, truths, options.step, maps, as_written=options.as_written)
        rows[run.name] = final.figures()
        pooled.extend(final)
        if maps is not None:
            rows[f"{run.name}, target's maps"] = target.figures()
            pooled_target.extend(target)
    rows["all results"] = pooled.figures()
    if options.maps:
        rows["all targets' maps"] = pooled_target.figures()
    say(f"{'':34}{'frames':>7}{'Spearman':>10}{'|error|':>9}{'bias':>8}{'inside':>8}")
    for name, figures in rows.items():
        cells = f"{figures['spearman']:10.3f}{figures['error']:9.3f}{figures['bias']:+8.3f}{figures['inside']:8.3f}"
        say(f"{name:34}{figures['frames']:7.0f}{cells}")
    result: dict[str, Any] = {"rows": rows}
    for name, judged in (("results", pooled), ("targets' maps", pooled_target)):
        if judged.trust:
            bins = reliability(judged)
            say(f"\nReliability of the trust in the {name} (= true S, | trust)")
            for line in table(bins):
                say(line)
            result[name] = [vars(b) for b in bins]
    if options.png:
        write_png(options.png, diagram(reliability(pooled)))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
