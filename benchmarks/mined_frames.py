"""Which frames teach, and are they served better than others? Tables I, VII and Fig. 10 of the motion-quality paper.

    vsodboost wrap DAVIS -t maps:MAPS -o OUT
    python benchmarks/mined_frames.py DAVIS OUT --base MAPS --json mined.json

Table VII: the boosted maps over all frames ("overall") and over those that taught ("training"); that the two are alike
says that the student is not overfitted. Fig. 10: the frames of every sequence by the quality (S) of the target's map,
best first, in ten parts, and how often one of each part taught. Table I: the target's maps on frames whose motion
quality is at least --quality, and on the others. Frames that taught, and the quality, stand in OUT/<video>/frames.csv.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from itertools import compress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError
from vsodboost.io.output_paths import video_folder
from vsodboost.metrics.figures import BlockScore, score_block
from vsodboost.metrics.grey_files import readings_of
from vsodboost.metrics.protocols import ALL
from vsodboost.metrics.sequences import Pair, paired_sequences

SHOWN = ("maxF", "S", "MAE")
PARTS = 10


def frame_rows(out: Path, video: str) -> dict[str, dict[str, str]]:
    """The columns ``mined`` and ``quality`` of each frame by its name. Raises InputError when OUT has no table of the
    video."""
    path = video_folder(out, video) / "frames.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {row["frame"]: {key: row[key] for key in ("mined", "quality")} for row in csv.DictReader(file)}
    except (OSError, KeyError) as error:
        raise InputError(f"{path}: not the frames.csv of a boost ({error})") from error


def scored(pairs: Sequence[Pair]) -> list[BlockScore]:
    """Score each frame of a sequence by itself, its files read as all files of the sequence are."""
    readings = readings_of(pairs)
    return [score_block([pair], ALL, readings) for pair in pairs]


def mean_figures(sequences: Sequence[Sequence[BlockScore]]) -> dict[str, float]:
    """Figures of each sequence's frames, their mean over the sequences that have any."""
    rows = [together(frames).figures() for frames in sequences if frames]
    return {key: float(np.mean([row[key] for row in rows])) if rows else float("nan") for key in SHOWN}


def together(frames: Sequence[BlockScore]) -> BlockScore:
    """Frames that were scored one by one as a block."""
    block = BlockScore()
    for frame in frames:
        block.merge(frame)
    return block


def spread(quality: NDArray[np.float64], mined: NDArray[np.bool_], parts: int = PARTS) -> NDArray[np.float64]:
    """How much of each of ``parts`` parts of a sequence's frames taught, the frames of the best ``quality`` first."""
    ranked = mined[np.argsort(-quality, kind="stable")].astype(np.float64)
    return np.array([part.mean() if len(part) else 0.0 for part in np.array_split(ranked, parts)])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("davis", type=Path, metavar="DAVIS")
    parser.add_argument("out", type=Path, metavar="OUT", help="what vsodboost wrap wrote")
    parser.add_argument("--base", type=Path, metavar="MAPS", help="the target's maps, for Fig. 10 (default: OUT)")
    parser.add_argument("--only", nargs="*", default=None, help="sequences")
    parser.add_argument("--quality", type=float, default=0.7, help="motion quality of Table I, from 0 to 1")
    parser.add_argument("--step", type=int, default=1, help="look at every n-th frame")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    boosted = paired_sequences(options.davis, options.out, ALL, step=options.step, only=options.only)
    base = paired_sequences(options.davis, options.base or options.out, ALL, step=options.step, only=options.only)
    overall, teaching, high, low, parts = [], [], [], [], []
    for sequence, target in zip(boosted, base, strict=True):
        rows = frame_rows(options.out, sequence.name)
        is_teacher = [rows[pair.truth.frame]["mined"] == "1" for pair in sequence.pairs]
        is_high = [float(rows[pair.truth.frame]["quality"]) >= options.quality for pair in sequence.pairs]
        frames = scored(sequence.pairs)
        overall.append(frames)
        teaching.append(list(compress(frames, is_teacher)))
        before = scored(target.pairs) if options.base else frames
        quality = np.array([frame.figures()["S"] for frame in before])
        high += compress(before, is_high)
        low += compress(before, [not one for one in is_high])
        parts.append(spread(quality, np.array(is_teacher)))
        print(f"{sequence.name}: {len(teaching[-1])} of {len(sequence.pairs)} frames taught", flush=True)
    table = {"overall": mean_figures(overall), "training": mean_figures(teaching)}
    table |= {
        name: mean_figures([frames]) for name, frames in ((f"high, {len(high)}", high), (f"low, {len(low)}", low))
    }
    print("\nTable VII: the boosted maps. Table I: the target's by motion quality, over so many frames")
    print(f"{'':12}" + "".join(f"{key:>7}" for key in SHOWN))
    for row, figures in table.items():
        print(f"{row:12}" + "".join(f"{figures[key]:7.3f}" for key in SHOWN))
    found = np.mean(parts, axis=0)
    print("\nshare that taught, by tenths of the frames from the target's best map to its worst")
    print(" ".join(f"{share:.2f}" for share in found))
    if options.json:
        options.json.write_text(json.dumps({**table, "taught": found.tolist()}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
