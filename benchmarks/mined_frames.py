"""Which frames teach, and are they served better than the others? Table VII and Fig. 10 of the motion-quality paper.

    vsodboost wrap DAVIS -t maps:MAPS -o OUT
    python benchmarks/mined_frames.py DAVIS OUT --base MAPS --json mined.json

Table VII: the boosted maps over all frames ("overall") and over those that taught ("training"); that the two are alike
says that the student is not overfitted. Fig. 10: the frames of every sequence by the quality (S) of the target's map,
best first, in ten parts, and how often one of each part taught. Frames that taught stand in OUT/<video>/frames.csv.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError
from vsodboost.io.output_paths import video_folder
from vsodboost.metrics.figures import score_block
from vsodboost.metrics.protocols import ALL
from vsodboost.metrics.sequences import Pair, paired_sequences

SHOWN = ("maxF", "S", "MAE")
PARTS = 10


def teaching_frames(out: Path, video: str) -> set[str]:
    """The names of the frames that taught. Raises InputError when OUT has no table of the video."""
    path = video_folder(out, video) / "frames.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {row["frame"] for row in csv.DictReader(file) if row["mined"] == "1"}
    except (OSError, KeyError) as error:
        raise InputError(f"{path}: not the frames.csv of a boost ({error})") from error


def mean_figures(sequences: Sequence[Sequence[Pair]]) -> dict[str, float]:
    """Figures of each sequence's frames, their mean over the sequences that have any."""
    rows = [score_block(pairs, ALL).figures() for pairs in sequences if pairs]
    return {key: float(np.mean([row[key] for row in rows])) if rows else float("nan") for key in SHOWN}


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
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    boosted = paired_sequences(options.davis, options.out, ALL, only=options.only)
    base = paired_sequences(options.davis, options.base or options.out, ALL, only=options.only)
    teaching, parts = [], []
    for sequence, target in zip(boosted, base, strict=True):
        names = teaching_frames(options.out, sequence.name)
        teaching.append([pair for pair in sequence.pairs if pair.truth.frame in names])
        quality = np.array([score_block([pair], ALL).figures()["S"] for pair in target.pairs])
        parts.append(spread(quality, np.array([pair.truth.frame in names for pair in target.pairs])))
        print(f"{sequence.name}: {len(teaching[-1])} of {len(sequence.pairs)} frames taught", flush=True)
    table = {"overall": mean_figures([s.pairs for s in boosted]), "training": mean_figures(teaching)}
    print(f"\n{'':10}" + "".join(f"{key:>7}" for key in SHOWN))
    for row, figures in table.items():
        print(f"{row:10}" + "".join(f"{figures[key]:7.3f}" for key in SHOWN))
    found = np.mean(parts, axis=0)
    print("\nshare that taught, by tenths of the frames from the target's best map to its worst")
    print(" ".join(f"{share:.2f}" for share in found))
    if options.json:
        options.json.write_text(json.dumps({**table, "taught": found.tolist()}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
