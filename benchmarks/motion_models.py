"""What a colour model says of flow images, before and after it learned them: Table I of the plug-and-play paper.

    python benchmarks/motion_models.py DAVIS --models lite --trained motion-lite.safetensors --step 3 --out maps

Rows are colour models as they are (--models), those that ``vsodboost train motion`` made of them (--trained), motion
models by the name that --motion takes (--motion mqpm camera), and Eq. 4, the conventional contrast of motion, each on
the pictures of every flow estimator of --flow. Maps go to OUT/ROW/SEQUENCE; figures are means over sequences.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from vsodboost.boosters.keyframe.motion_contrast import contrast_saliency
from vsodboost.data.types import Clip, FlowField, Maps
from vsodboost.datasets.inputs import open_inputs
from vsodboost.io.atomic import write_png
from vsodboost.metrics.evaluate import evaluate
from vsodboost.ops.resize import resize_frames, resize_maps, working_size
from vsodboost.perception.camera import object_motion
from vsodboost.perception.perceive import shot_flow
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import FlowReader, Request
from vsodboost.targets.image_motion import Feeding, ImageMotion, network_of

SHOWN = ("maxF", "meanF", "MAE", "S", "J")
Reader = Callable[[FlowField], Maps]


def rows(options: argparse.Namespace, registry: Registry) -> dict[str, Reader]:
    """What makes a map of flow, by the row's name."""

    def reading(name: str) -> Reader:
        model, _ = registry.build("motion_models", name, Request())
        if isinstance(model, FlowReader):
            return lambda flow: model.predict_flow(flow)[0]
        return lambda flow: model.predict(object_motion(flow))[0]

    found: dict[str, Reader] = {"contrast (Eq. 4)": lambda flow: contrast_saliency(object_motion(flow))}
    for name in options.models:
        built, card = registry.build("targets", name, Request())
        untrained = ImageMotion(network_of(name, built), Feeding.of(name, card, options.side))
        found[f"{name}, as it is"] = lambda flow, model=untrained: model.predict_flow(flow)[0]  # type: ignore[misc]
    found |= {f"{Path(file).stem}, trained": reading(f"image:{file}") for file in options.trained}
    return found | {name: reading(name) for name in options.motion}


def flows_of(clip: Clip, estimator: object, name: str) -> FlowField:
    """Flow ``float32[T, h, w, 2]`` at the working size: to the next frame, and the last one's reversed."""
    small = replace(clip, frames=resize_frames(clip.frames, working_size(clip.size)))
    forward, backward = shot_flow(estimator, small, name)  # type: ignore[arg-type]
    return np.concatenate([forward, -backward[-1:]])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("davis", type=Path, metavar="DAVIS")
    parser.add_argument("--models", nargs="*", default=["lite"], help="colour models as they are")
    parser.add_argument("--trained", nargs="*", default=[], metavar="FILE", help="what vsodboost train motion wrote")
    parser.add_argument("--motion", nargs="*", default=["mqpm", "camera"], help="motion models, as --motion takes them")
    parser.add_argument("--flow", nargs="+", default=["dis"])
    parser.add_argument("--side", type=int, default=0, help="input of the colour models, px (default: their card's)")
    parser.add_argument("--step", type=int, default=1, help="look at and score every n-th frame")
    parser.add_argument("--out", type=Path, default=Path("runs/motion-models"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    registry = Registry.load()
    table: dict[str, dict[str, float]] = {}
    for name in options.flow:
        estimator, _ = registry.build("flows", name, Request())
        readers = rows(options, registry)
        for source in open_inputs([options.davis]):
            frames = list(source.frames())
            clip = Clip(np.stack([f.image for f in frames]), tuple(f.name for f in frames), source.name)
            flow = flows_of(clip, estimator, name)[:: options.step]
            for row, reader in readers.items():
                for label, one in zip(clip.names[:: options.step], resize_maps(reader(flow), clip.size), strict=True):
                    path = options.out / f"{row} {name}" / source.name / f"{label}.png"
                    write_png(path, np.rint(one * 255).astype(np.uint8))
            print(f"{name}: {source.name}", flush=True)
        for row in readers:
            score = evaluate(options.davis, options.out / f"{row} {name}", step=options.step)
            table[f"{row}, flow {name}"] = {key: float(score.mean[key]) for key in SHOWN}
    print(f"{'':44}" + "".join(f"{key:>7}" for key in SHOWN))
    for row, figures in table.items():
        print(f"{row:44}" + "".join(f"{figures[key]:7.3f}" for key in SHOWN))
    if options.json:
        options.json.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
