"""How many labels, and how many pseudo-labels? Table 2 and Fig. 7 of the pseudo-label paper (Yan et al., ICCV 2019).

    python benchmarks/label_proportions.py DAVIS-TRAIN --stills DUTS --columns 0/1 0/5 1/5 4/5 0/20 7/20 --out runs

A column m/l keeps every l-th label of the training sequences and makes m pseudo-labels between two of them (as
``vsodboost labels generate`` does, with ``--network`` and ``--flow``); RCRNet+NER learns from both. All columns go on
from one RCRNet, trained on the stills alone, as the paper's was, with the same number of steps. The sequences of
--without are left out of everything and scored. The training is bounded: see train_targets.py, whose options these are.
With --columns 1/5 and --variants Ra Rb Rc Rd Re it is Table 3.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import rcrnet_rows
import train_targets
from target_rows import Row, Say, as_json, chosen, report, write_maps

from vsodboost.data.errors import UsageError
from vsodboost.metrics.evaluate import evaluate
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import Request
from vsodboost.training.files import VideoFiles, list_files
from vsodboost.training.pseudo_labels import Counts, Density, PseudoLabeller, generator, write_labels

COLUMNS = ("0/1", "0/2", "0/5", "1/5", "4/5", "0/20", "7/20", "19/20")


def column(text: str) -> Density:
    """``m/l`` as it stands at the top of Table 2. Raises UsageError for anything else."""
    between, _, every = text.partition("/")
    if not (between.isdecimal() and every.isdecimal() and int(every)):
        raise UsageError(f"column {text}: pseudo-labels an interval over the interval of labels, as 1/5")
    return Density(int(every), int(between))


def made(videos: Sequence[VideoFiles], density: Density, labeller: PseudoLabeller, out: Path) -> list[Counts]:
    """The data set of one column, below ``out``; what is there already is taken as it is."""
    done = out / "counts.json"
    if done.exists():
        return [Counts(**row) for row in json.loads(done.read_text(encoding="utf-8"))]
    counts = [write_labels(video, labeller.labels(video, density), out) for video in videos]
    done.write_text(json.dumps([vars(row) for row in counts]), encoding="utf-8")
    return counts


def run(options: argparse.Namespace, say: Say) -> list[Row]:
    """Train and score every column."""
    registry = Registry.load()
    network = generator(registry, options.network, options.weights, options.device)
    flow, _ = registry.build("flows", options.flow, Request())
    labeller = PseudoLabeller(network, flow, f"flow estimator '{options.flow}'")
    files = list_files([options.data])
    videos = [video for video in files.videos if video.name not in options.without]
    held_out = [video.name for video in files.videos if video.name in options.without]
    say(f"{len(videos)} sequences, held out: {', '.join(held_out)}")
    options.reuse = True
    start = rcrnet_rows.image_stage(options, videos, say)
    rows = []
    for text in options.columns:
        counts = made(videos, column(text), labeller, options.out / f"data-{text.replace('/', '-')}")
        frames, labels, pseudo = (sum(getattr(c, n) for c in counts) for n in ("frames", "labels", "pseudo_labels"))
        say(f"\n{text}: {labels} labels ({labels / frames:.0%}), {pseudo} pseudo-labels ({pseudo / frames:.0%})")
        learned = list_files([options.out / f"data-{text.replace('/', '-')}"]).videos
        for variant in chosen(rcrnet_rows.VARIANTS, options.variants):
            named = replace(variant, name=f"{variant.name}-{text.replace('/', '-')}", label=f"{text} {variant.label}")
            ((row, trained),) = rcrnet_rows.clip_stage(options, learned, start, [named], say)
            maps = options.out / named.name
            write_maps(trained, named, options.data, maps, options.size, held_out, options.device)
            row.scores["held out"] = evaluate(options.data, maps, step=options.step, only=held_out)
            rows.append(row)
    return rows


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--columns", nargs="+", default=list(COLUMNS), metavar="M/L")
    parser.add_argument("--network", default="fgplg", help="spatial model of seven channels that makes pseudo-labels")
    parser.add_argument("--weights", type=Path, help="weights of it that vsodboost train fgplg wrote")
    parser.add_argument("--flow", default="dis")
    own, rest = parser.parse_known_args(arguments)
    options = train_targets.parse(["rcrnet", *rest])
    options.variants = options.variants or ["Re"]
    for name, value in vars(own).items():
        setattr(options, name, value)
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(sys.argv[1:] if arguments is None else arguments)
    options.out.mkdir(parents=True, exist_ok=True)

    def say(line: str) -> None:
        print(line, flush=True)

    rows = run(options, say)
    report(rows, say)
    if options.json:
        options.json.write_text(json.dumps(as_json(rows, options), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
