"""What the decision does on sequences that nothing was trained on: target, boosted, by trust, and by region.

    vsodboost train regions DAVIS-TRAIN --option maps=MAPS/fseg,MAPS/tis --option without=SEQUENCES -o left-out
    python benchmarks/rotation.py DAVIS-TRAIN --maps MAPS/fseg MAPS/tis --regions left-out/regions.json

SEQUENCES are those kept out of all training (``training.own.VALIDATION``), the default of --only. Every target
is boosted once, and the decisions look at the same predictions: a row a sequence and target, with S-measures at the
working size, means a target, and the worst loss against the target. The truth itself is a target, too, for which there
is nothing to gain: it has lines of its own. With ``--recompressed`` frames are made smaller and compressed once more.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.cards import TargetCard
from vsodboost.data.types import Frames, Maps
from vsodboost.decision.fusion import fuse
from vsodboost.decision.gate import TrustGate
from vsodboost.decision.regions import RegionGate
from vsodboost.io.array_source import ArraySource
from vsodboost.ops.resize import resize_maps
from vsodboost.ops.s_measure import s_measure
from vsodboost.ops.tensors import as_tensor
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.options import Options
from vsodboost.pipeline.plan import make_plan
from vsodboost.registry.discovery import Registry
from vsodboost.training.augment import share
from vsodboost.training.data import AnnotatedVideo, read_videos
from vsodboost.training.own import VALIDATION
from vsodboost.training.real_maps import read_real_maps
from vsodboost.training.regions import nearly_right
from vsodboost.training.trust import GivenMaps
from vsodboost.weights.shipped import shipped_path

COLUMNS = ("target", "boosted", "by trust", "by region")
TRUTH = "the truth"
SMALL, WEBP_QUALITY = (320, 180), 70


def targets_of(video: AnnotatedVideo, real: Mapping[str, Maps], truth: Maps) -> dict[str, object]:
    """Return the targets by name: the real models' maps, the truth with some of their errors, `lite` (None), and the
    truth."""
    targets: dict[str, object] = {name: GivenMaps(maps) for name, maps in real.items()}
    if real:
        rng = np.random.default_rng(len(video))
        targets["real errors"] = GivenMaps(nearly_right(truth, list(real.values()), rng))
    return {**targets, "lite": None, TRUTH: GivenMaps(truth)}


def recompressed(frames: Frames) -> Frames:
    """Return ``uint8[T, H, W, 3]`` made smaller, compressed as WebP, and enlarged again."""
    out = np.empty_like(frames)
    for frame, spoilt in zip(frames, out, strict=True):
        small = cv2.resize(frame, SMALL, interpolation=cv2.INTER_AREA)
        packed = cv2.imencode(".webp", small[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])[1]
        read = cv2.imdecode(packed, cv2.IMREAD_COLOR)
        spoilt[:] = cv2.resize(read, frame.shape[1::-1], interpolation=cv2.INTER_CUBIC)[..., ::-1]
    return out


def scores(video: AnnotatedVideo, target: object, truth: Maps, regions: Path) -> NDArray[np.float64]:
    """Return the mean S-measure of each of ``COLUMNS``."""
    options = Options(seed=0)
    given = None if target is None else (target, TargetCard(summary="given"))
    engine = Engine(make_plan(options, Registry.load(), target=given))
    trust = shipped_path("trust", ".json")
    rows: list[list[NDArray[np.float32]]] = []
    for predicted in engine.predict(ArraySource(video.frames[: len(truth)], video.name)):
        scene, predictions = predicted.scene, predicted.predictions
        boosted = scene.fused if predictions is None else fuse(scene, predictions)
        known = resize_maps(truth, (int(boosted.shape[1]), int(boosted.shape[2])))[
            scene.first : scene.first + len(scene)
        ]
        decided = [
            gate.decide(scene, boosted, predictions).maps for gate in (TrustGate(trust), RegionGate(trust, regions))
        ]
        rows.append([_s(maps, known) for maps in (scene.target, boosted, *decided)])
    return np.array([np.concatenate(column).mean() for column in zip(*rows, strict=True)])


def _s(maps: Maps, truth: Maps) -> NDArray[np.float32]:
    return np.asarray(s_measure(as_tensor(maps), as_tensor(truth)).clamp(0, 1).numpy())


def line(words: str, values: NDArray[np.float64]) -> str:
    """Return one line of the table."""
    return f"{words:32s}" + "".join(f"{value:11.4f}" for value in values)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--maps", type=Path, nargs="*", default=[])
    parser.add_argument("--regions", type=Path, required=True)
    parser.add_argument("--only", default=VALIDATION)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--recompressed", action="store_true")
    given = parser.parse_args(arguments)
    videos = [video for video in read_videos(given.data) if video.name in given.only.split(",")]
    if not videos:
        raise SystemExit(f"{given.data}: none of {given.only} in it")
    print(f"{'':32s}" + "".join(f"{column:>11s}" for column in COLUMNS), flush=True)
    by_kind: dict[str, list[NDArray[np.float64]]] = {}
    for video in videos:
        truth = share(video.truth[: given.frames].astype(np.float32))
        real = {
            folder.name: share(maps[0][: given.frames].astype(np.float32))
            for folder in given.maps
            if (maps := read_real_maps([folder], videos).get(video.name))
        }
        frames = video.frames[: given.frames]
        shown = replace(video, frames=recompressed(frames) if given.recompressed else frames)
        for kind, target in targets_of(video, real, truth).items():
            found = scores(shown, target, truth, given.regions)
            by_kind.setdefault(kind, []).append(found)
            print(line(f"{video.name}, {kind}", found), flush=True)
    for kind, rows in by_kind.items():
        print(line(f"mean of {kind}", np.mean(rows, axis=0)))
    nothing_to_gain = np.stack(by_kind.pop(TRUTH))
    everything = np.concatenate([np.stack(rows) for rows in by_kind.values()])
    print(line("mean without the truth", everything.mean(axis=0)))
    for words, rows in (("worst against the target", everything), (f"worst against {TRUTH}", nothing_to_gain)):
        print(line(words, (rows - rows[:, :1]).min(axis=0)))


if __name__ == "__main__":
    main()
