"""Training DS-Net (Su et al. 2020, Sec. III-E, IV-A): four maps against the truth; videos with flow, stills without."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vsodboost.data.errors import UsageError
from vsodboost.ops.flow_image import flow_image
from vsodboost.registry.interfaces import FlowEstimator
from vsodboost.registry.options import Options
from vsodboost.training.files import TrainingFiles, list_files
from vsodboost.training.loop import Batch
from vsodboost.training.masks import read_mask
from vsodboost.training.recipe import TrainingRequest, read_settings

from ..networks.dsnet_variants import COARSE, ORDERS, WEIGHTS, Design, build_designed
from .batches import (
    Shuffled,
    mean_bce,
    normalised,
    read_image,
    scaled,
)
from .schedule import Drops, run
from .start import fill_encoder, imagenet_weights, start


@dataclass(frozen=True)
class DSNetSettings:
    """Defaults are the paper's; the drops are the released code's. ``steps`` other than 0 replaces ``epochs``.

    The last ones exchange parts: ``generator`` (symmetric, the paper's, or released), ``weights`` (paper, sep, fc:
    Table IV), ``softmax`` and ``attention`` (on, off), ``tau`` (0: no thresholding), ``order`` (top-down, bottom-up:
    Table V), ``coarse`` (weighted, sum) and ``supervision`` (multi, single: Table VI).
    """

    size: int = 512
    batch: int = 8
    epochs: int = 25
    steps: int = 0
    rate: float = 5e-5
    weight_decay: float = 5e-4
    drop_at: float = 0.4
    """Share of the steps after which the rate falls to a fifth (10 of 25 epochs) ..."""
    drop_again_at: float = 0.84
    """... and to a fifth of that (21 of 25)."""
    flow: str = "dis"
    """The flow estimator; the one that the model will run with is best."""
    imagenet: str = "download"
    start: str = ""
    generator: str = "symmetric"
    weights: str = "paper"
    softmax: str = "on"
    tau: float = Design.tau
    order: str = "top-down"
    coarse: str = "weighted"
    attention: str = "on"
    supervision: str = "multi"

    def design(self) -> Design:
        """The network's parts. Raises UsageError for one that there is not."""
        read = Options({n: str(v) for n, v in vars(self).items()}, "training option")
        weights: Any = read.choice("weights", WEIGHTS)
        order: Any = read.choice("order", ORDERS)
        coarse: Any = read.choice("coarse", COARSE)
        return Design(
            weights, read.switch("softmax", default=True), self.tau, order, coarse,
            read.switch("attention", default=True),
            read.choice("generator", ("symmetric", "released")) == "released",
        )  # fmt: skip


def final_loss(network: nn.Module, batch: Batch) -> Tensor:
    """The final map's alone: M-SS of Table VI."""
    return mean_bce(network(batch["frames"], batch["flow"])[0], batch["truth"])


def loss(network: nn.Module, batch: Batch) -> Tensor:
    """L = l_s + l_t + l_c + l_f, each a mean over pixels (Eq. 8 and 9). The released code sums over pixels instead."""
    maps = network(batch["frames"], batch["flow"])
    return torch.stack([mean_bce(one, batch["truth"]) for one in maps]).sum()


@dataclass(frozen=True)
class Sample:
    """A labelled frame; ``neighbour`` is where its flow goes (None: no flow), ``sign`` -1 if that is the one before."""

    frame: Path
    mask: Path
    neighbour: Path | None = None
    sign: int = 1


def train(request: TrainingRequest) -> Path:
    """Train on every labelled frame and still; returns the weights file."""
    settings = read_settings(DSNetSettings, request.options)
    if settings.batch < 2:
        raise UsageError("dsnet: batch must be at least 2, for batch norm of the pooled features needs company")
    files = list_files(request.data, request.folder / "masks", request.read)
    samples = list_samples(files)
    request.say(f"dsnet: {len(samples) - len(files.stills)} labelled frames, {len(files.stills)} stills without flow")
    if settings.supervision not in ("multi", "single"):
        raise UsageError(f"training option supervision={settings.supervision}: multi or single")
    network = build_designed(settings.design())
    start(network, settings.start, lambda: _load_encoders(network, settings.imagenet))
    estimator: FlowEstimator = request.build("flows", settings.flow)
    order = Shuffled(len(samples), settings.batch, request.seed)

    def batch(step: int) -> Batch:
        read = [read_sample(samples[i], settings.size, estimator) for i in order.at(step)]
        frames, flow, truth = (torch.stack(part) for part in zip(*read, strict=True))
        return {"frames": frames, "flow": flow, "truth": truth}

    steps = settings.steps or settings.epochs * order.steps_per_epoch
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.rate, weight_decay=settings.weight_decay)
    drops = tuple(round(share * steps) for share in (settings.drop_at, settings.drop_again_at))
    schedule = Drops(steps, drops=drops, by=0.2)
    learns = loss if settings.supervision == "multi" else final_loss
    made = run(request, "dsnet", network.train(), optimizer, schedule, batch=batch, loss=learns)
    if settings.generator == "symmetric":
        request.say("its weight generator is symmetric: run it with --target-option generator=symmetric")
    return made


def list_samples(files: TrainingFiles) -> list[Sample]:
    """Every labelled frame of the videos, then every still."""
    samples = []
    for video in files.videos:
        last = len(video.frames) - 1
        for t, mask in enumerate(video.masks):
            if mask is not None:
                neighbour = None if last == 0 else video.frames[t + 1 if t < last else t - 1]
                samples.append(Sample(video.frames[t], mask, neighbour, 1 if t < last else -1))
    return samples + [Sample(image, mask) for image, mask in files.stills]


def _load_encoders(network: nn.Module, choice: str) -> None:
    state = imagenet_weights(choice, "resnet34")
    if state is not None:
        for branch in ("ImageBone", "FlowBone"):
            fill_encoder(network.get_submodule(f"{branch}.backbone_features"), state)


def read_sample(sample: Sample, size: int, estimator: FlowEstimator) -> tuple[Tensor, Tensor, Tensor]:
    """Frame and flow image ``[3, size, size]``, normalised, and truth ``[1, size, size]``.

    A still has no flow: it gets zeros after normalisation, as in the paper. A video's last frame gets the negated flow
    to the frame before, as when the model runs.
    """
    frame = read_image(sample.frame)
    flow = torch.zeros(3, size, size)
    if sample.neighbour is not None:
        there = read_image(sample.neighbour)
        if frame.shape != there.shape:
            raise UsageError(f"{sample.neighbour}: not of the size of {sample.frame.name}; replace or remove it")
        field = sample.sign * estimator.estimate(frame[None], there[None])[0]
        flow = normalised(scaled(flow_image(np.asarray(field, np.float32)), size))
    return normalised(scaled(frame, size)), flow, scaled(read_mask(sample.mask), size)
