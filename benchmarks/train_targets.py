"""Are the modules worth their place? DS-Net and RCRNet+NER beside the same networks without them, trained here alike.

    python benchmarks/train_targets.py dsnet DAVIS-TRAIN --test DAVIS-DEV --step 3 --out runs --json dsnet.json
    python benchmarks/train_targets.py rcrnet DAVIS-TRAIN --test DAVIS-DEV --step 3 --out runs

dsnet: M1 of DS-Net's table III (features of both branches at the same scale summed, only the final map supervised; no
weight generator, no cross thresholding, no attention) and M5, the whole network; by --variants the rows of tables IV to
VI and Fig. 7. rcrnet: RCRNet's table 3, from Ra (every frame of a clip by itself, no recurrence, no non-local block) to
Re, with all of NER; all go on from one image stage, on --stills if there are any. The rows of a table see the same
batches for the same number of steps at the same rates. The training is bounded: networks start from nothing unless
--imagenet names torchvision's file, images are small, and so the rates are higher than the papers'. The sequences of
--without are left out of training and scored too: choose settings by them, not by the test set. Maps go to
OUT/NAME/SEQUENCE, weights (for ``vsodboost weights add``) to OUT/NAME.safetensors.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dsnet_rows
import rcrnet_rows
from target_rows import as_json, report, write_maps

from vsodboost.metrics.evaluate import evaluate
from vsodboost.training.files import list_files
from vsodboost.training.own import VALIDATION

TABLES: dict[str, Any] = {"dsnet": dsnet_rows, "rcrnet": rcrnet_rows}


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=sorted(TABLES))
    parser.add_argument("data", type=Path, metavar="DAVIS-TRAIN", help="DAVIS-like root to train on")
    parser.add_argument("--stills", type=Path, metavar="DUTS", help="stills; rcrnet: for the image stage alone")
    parser.add_argument("--test", type=Path, metavar="DAVIS", help="root to score on in the end")
    parser.add_argument("--without", nargs="*", default=VALIDATION.split(","), help="sequences held out of training")
    parser.add_argument("--variants", nargs="*", metavar="LABEL", help="only these rows (default: M1 M5; Ra to Re)")
    parser.add_argument("--size", type=int, default=128, help="px, square, of training and test")
    parser.add_argument("--steps", type=int, default=500, help="rcrnet: of the clip stage")
    parser.add_argument("--batch", type=int, default=8, help="frames a step; rcrnet: of the image stage")
    parser.add_argument("--rate", type=float, help="default: dsnet 5e-4, rcrnet's clip stage 1e-4")
    parser.add_argument("--image-steps", type=int, default=400)
    parser.add_argument("--image-rate", type=float, default=5e-4)
    parser.add_argument("--image-size", type=int, help="px, square, of rcrnet's image stage (default: --size)")
    parser.add_argument("--clip", type=int, default=4, help="frames a clip")
    parser.add_argument("--clips", type=int, default=2, help="clips a step")
    parser.add_argument("--reuse", action="store_true", help="take what OUT holds as trained")
    parser.add_argument("--imagenet", default="none", help="torchvision's file for the encoders, download, or none")
    parser.add_argument("--bfloat16", action="store_true", help="train in bfloat16; AVX-512 or AMX only")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--workers", type=int, default=0, help="processes that make batches ahead")
    parser.add_argument("--step", type=int, default=1, help="score every n-th frame")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/targets"))
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    options = parser.parse_args(arguments)
    options.image_size = options.image_size or options.size
    if options.rate is None:
        options.rate = {"dsnet": 5e-4, "rcrnet": 1e-4}[options.network]
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    options.out.mkdir(parents=True, exist_ok=True)

    def say(line: str) -> None:
        print(line, flush=True)

    files = list_files([options.data])
    videos = [video for video in files.videos if video.name not in options.without]
    held_out = [video.name for video in files.videos if video.name in options.without]
    say(f"{options.network}: trained on {len(videos)} sequences, held out: {', '.join(held_out) or 'none'}")
    made = TABLES[options.network].train(options, videos, say)
    variants = {variant.label: variant for variant in TABLES[options.network].VARIANTS}
    for row, network in made:
        variant = variants[row.label]
        maps = options.out / variant.name
        for where, root, only in (("held out", options.data, held_out), ("test", options.test, [])):
            if root is not None and (only or where == "test"):
                write_maps(network, variant, root, maps, options.size, only, options.device)
                row.scores[where] = evaluate(root, maps, step=options.step, only=only or None)
    rows = [row for row, _ in made]
    report(rows, say)
    if options.json:
        options.json.write_text(json.dumps(as_json(rows, options), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
