"""What a report says where the truth is known: figures, the curve of precision and recall, the worst frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from vsodboost.data.errors import UsageError, VideoError
from vsodboost.datasets import Dataset
from vsodboost.io.part import Part
from vsodboost.io.stored import own_map
from vsodboost.metrics.figures import BlockScore
from vsodboost.metrics.grey_files import readings_of
from vsodboost.metrics.protocols import protocol_named
from vsodboost.metrics.sequences import Pair, pair_up
from vsodboost.metrics.truth import truth_mask
from vsodboost.writers.report.chosen import Extremes
from vsodboost.writers.report.data import rounded, within_limit
from vsodboost.writers.report.existing import frames_of, part_of
from vsodboost.writers.report.pictures import data_uri, encoded

WORST = 6
SHOWN = ("maxF", "S", "maxE", "MAE", "J", "F")


def with_truth(data: dict[str, Any], folder: Path, dataset: Dataset) -> dict[str, Any]:
    """Return a report's data with what the truth says; of a video that the data set lacks, as they are.

    The maps of a target ``maps:DIR`` are scored beside the boosted ones.

    Raises:
        InputError: a scored frame has no map, or a file cannot be read.
    """
    if data["video"] not in {name for s in dataset.sequences for name in (s.name, *s.aliases)}:
        return data
    dataset = _of_part(dataset, data)
    scored = _scored(dataset, folder.parent, data["video"])
    if scored is None:
        return data
    whole, by_frame, pairs = scored
    index_of = {name: index for index, name in enumerate(data["names"])}
    pool = Extremes(WORST)
    similarity = {index_of[name]: value for name, value in by_frame.items() if name in index_of}
    for index in sorted(similarity):
        pool.offer(index, 1 - similarity[index])
    worst = pool.best_first()
    figures = {"boosted": _figures(whole)}
    target = str(data["run"].get("settings", {}).get("target", ""))
    if target.startswith("maps:"):
        try:
            base = _scored(dataset, Path(target.removeprefix("maps:")).expanduser(), data["video"])
        except (UsageError, VideoError):  # no longer there, or some frames have none
            base = None
        if base is not None:
            figures = {"target": _figures(base[0]), **figures}
    truth = {
        "folder": str(dataset.root),
        "frames": whole.frames,
        "figures": figures,
        "curve": {
            "precision": [rounded(float(v), 4) for v in whole.precision.curve],
            "recall": [rounded(float(v), 4) for v in whole.recall.curve],
        },
        "S": [rounded(similarity.get(index), 4) for index in range(data["count"])],
        "worst": [{"index": index, "S": rounded(similarity[index], 4)} for index in worst],
    }
    masks = {index_of[pair.truth.frame]: pair for pair in pairs if pair.truth.frame in index_of}
    return within_limit({**data, "truth": truth, "full": _full(data, folder, worst, masks)})


def _of_part(dataset: Dataset, data: Mapping[str, Any]) -> Dataset:
    """The data set with the truth of those frames alone that were boosted, where a part of the video was."""
    if part_of(data["run"].get("settings", {})) == Part():
        return dataset
    names, video = set(data["names"]), _name_in(dataset, data["video"])
    sequences = tuple(
        replace(s, truths=tuple(t for t in s.truths if t.frame in names)) if s.name == video else s
        for s in dataset.sequences
    )
    return replace(dataset, sequences=sequences)


def _scored(dataset: Dataset, maps: Path, video: str) -> tuple[BlockScore, dict[str, float], tuple[Pair, ...]] | None:
    """Return the figures of a video, S by frame and what was scored; None where nothing is."""
    rules = protocol_named("all")
    sequences = pair_up(dataset, maps, rules, only=[_name_in(dataset, video)]).sequences
    if not sequences:
        return None
    readings = readings_of(sequences[0].pairs)
    whole, by_frame = BlockScore(), {}
    for pair in sequences[0].pairs:
        one = BlockScore()
        one.add(pair, rules, readings)
        by_frame[pair.truth.frame] = one.figures()["S"]
        whole.merge(one)
    return whole, by_frame, sequences[0].pairs


def _name_in(dataset: Dataset, video: str) -> str:
    return next(s.name for s in dataset.sequences if video in (s.name, *s.aliases))


def _figures(score: BlockScore) -> dict[str, float]:
    found = score.figures()
    return {key: round(found[key], 4) for key in SHOWN}


def _full(data: dict[str, Any], folder: Path, worst: list[int], masks: dict[int, Pair]) -> list[dict[str, Any]]:
    """Return the frames shown in full, each with its truth; the worst ones, made from the files, before the others."""
    there = {shown["index"]: shown for shown in data["full"]}
    missing = [index for index in worst if index not in there]
    try:
        for index, frame in frames_of(data["run"], folder.parent, missing):
            pictures = encoded({"frame": frame.image})
            there[index] = {"index": index, "why": "worst", "pictures": {"frame": data_uri(pictures["frame"])}}
    except (UsageError, VideoError):  # the source is no longer there: the worst frames have no picture of it
        there |= {index: {"index": index, "why": "worst", "pictures": {}} for index in missing if index not in there}
    for index, shown in there.items():
        if index in masks:
            drawn = encoded({"truth": truth_mask(masks[index].truth).mask.astype(np.uint8) * np.uint8(255)})
            shown["pictures"]["truth"] = data_uri(drawn["truth"])
    for index in missing:
        drawn = encoded({"boosted": own_map(folder, data["names"][index])})
        there[index]["pictures"]["boosted"] = data_uri(drawn["boosted"])
    order = [*worst, *(shown["index"] for shown in data["full"])]
    return [there[index] for index in dict.fromkeys(order) if index in there]
