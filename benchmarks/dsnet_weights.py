"""Does DS-Net weigh its branches rightly on videos that it has not seen? What its trained weights and attention cost.

    python benchmarks/dsnet_weights.py runs DAVIS-TRAIN --size 128

RUNS is what ``train_targets.py dsnet`` left (dsnet.safetensors, dsnet-m1.safetensors). Cross entropy (mean over pixels
and every n-th frame), apart for sequences trained on and held out: of M1's map; of the whole network's four maps; and
of its final map when all weights are fixed, and when the coarse map attends to nothing. ``spatial share`` is the mean
of the five weights of the frame's branch (its softmax against the flow's), ``cut`` how often the cross thresholding
drops a feature.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from dsnet_rows import Summed, training_resize
from safetensors.torch import load_file
from target_rows import dis, forward_flow
from torch import Tensor
from vsodboost_adapters.networks import dsnet
from vsodboost_adapters.training.batches import mean_bce, normalised, read_image, scaled

from vsodboost.ops.flow_image import flow_image
from vsodboost.training.files import VideoFiles, list_files
from vsodboost.training.masks import read_mask as read_grey
from vsodboost.training.own import VALIDATION

MAPS = ("final", "coarse", "spatial", "motion")
FIXED = {"all weights .5": 0.0, "motion favoured (.27 : .73)": -1.0, "frame favoured (.73 : .27)": 1.0}
"""Score of the frame's branch minus that of the flow's, before their softmax."""


class Steered(dsnet.DSNetwork):
    """The whole network, whose weights can be fixed and whose attention can be switched off."""

    difference: float | None = None
    attends: bool = True

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tensor] = []
        """The scores of the frame's branch and of the flow's, [N, 5] each, in turn."""

    def weigh(self, branch: str, features: list[Tensor]) -> Tensor:
        """The learned scores, or ones of a fixed difference."""
        scores = super().weigh(branch, features)
        if self.difference is not None:
            scores = torch.full_like(scores, self.difference / 2 if branch == "i" else -self.difference / 2)
        self.seen.append(scores)
        return scores

    def attention(self, coarse: Tensor, size: torch.Size) -> Tensor:
        """Nothing attended to where that is asked for."""
        attention = super().attention(coarse, size)
        return attention if self.attends else torch.zeros_like(attention)


def samples(videos: Sequence[VideoFiles], size: int, step: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Every ``step``-th labelled frame as frame, flow image and truth, [1, C, size, size]; flow to the next frame."""
    estimator = dis()
    for video in videos:
        for t in video.labelled[step // 2 : -1 : step]:
            mask = video.masks[t]
            assert mask is not None
            pair = np.stack([read_image(video.frames[t]), read_image(video.frames[t + 1])])
            flow = flow_image(np.float32(training_resize(forward_flow(estimator, pair)[0], size)))
            yield tuple(part[None] for part in (  # type: ignore[misc]
                normalised(scaled(pair[0], size)), normalised(scaled(flow, size)), scaled(read_grey(mask), size)
            ))  # fmt: skip


@torch.inference_mode()
def measure(reduced: Summed, whole: Steered, given: Sequence[tuple[Tensor, Tensor, Tensor]]) -> dict[str, float]:
    """The figures over those samples."""
    found: dict[str, list[float]] = defaultdict(list)
    for frame, flow, truth in given:
        found["M1"].append(float(mean_bce(reduced(frame, flow)[0], truth)))
        whole.seen.clear()
        for name, one in zip(MAPS, whole(frame, flow), strict=True):
            found[f"M5, {name}"].append(float(mean_bce(one, truth)))
        share = torch.sigmoid(whole.seen[0] - whole.seen[1])
        found["spatial share"].append(float(share.mean()))
        found["cut"].append(float(((2 * share - 1).abs() > dsnet.THRESHOLD).float().mean()))
        for name, difference in FIXED.items():
            whole.difference = difference
            found[f"M5, {name}"].append(float(mean_bce(whole(frame, flow)[0], truth)))
        whole.difference, whole.attends = None, False
        found["M5, no attention"].append(float(mean_bce(whole(frame, flow)[0], truth)))
        whole.attends = True
    return {name: float(np.mean(values)) for name, values in found.items()}


def report(figures: dict[str, dict[str, float]], say: Callable[[str], None] = print) -> None:
    """Say the table."""
    places = list(figures)
    say(f"{'':32}" + "".join(f"{place:>12}" for place in places))
    for name in figures[places[0]]:
        say(f"{name:32}" + "".join(f"{figures[place][name]:12.3f}" for place in places))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path)
    parser.add_argument("data", type=Path, metavar="DAVIS-TRAIN")
    parser.add_argument("--without", nargs="*", default=VALIDATION.split(","), help="sequences that were held out")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--step", type=int, default=12, help="every n-th frame")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    options = parser.parse_args(arguments)
    networks: list[Any] = [Summed(), Steered()]
    for network, name in zip(networks, ("dsnet-m1", "dsnet"), strict=True):
        network.load_state_dict(load_file(options.runs / f"{name}.safetensors"))
        network.eval()
    videos = list_files([options.data]).videos
    figures = {}
    for place, is_held_out in (("trained on", False), ("held out", True)):
        chosen = [video for video in videos if (video.name in options.without) == is_held_out]
        figures[place] = measure(*networks, list(samples(chosen, options.size, options.step)))
    report(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
