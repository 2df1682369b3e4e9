"""``vsodboost train motion``: any colour saliency model becomes a motion model, on flow images (Li et al., 2021,
plug-and-play, Sec. IV-C and Eq. 5; Chen et al., LIMVSOD, 2022, Eq. 5 and 6).

The model begins with its own weights and learns the truth of each frame from the picture of its flow; all of its
outputs learn. ``--motion image:FILE`` takes the result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import UsageError
from vsodboost.registry.interfaces import Request
from vsodboost.targets.image_motion import Feeding, network_of, untrained, written
from vsodboost.training.files import list_files
from vsodboost.training.loop import Batch, Loop, Schedule, freeze_batch_norm
from vsodboost.training.paper import ImageBatches, LabelledImage, mask_levels, picture, write_flow_images
from vsodboost.training.recipe import TrainingRequest, read_settings
from vsodboost.weights.matching import fit
from vsodboost.weights.reading import read_checkpoint


@dataclass(frozen=True)
class MotionTraining:
    """Options of ``train motion``.

    ``model`` is a target whose network learns, from its own weights, those of ``start``, or, with start=none, from
    scratch. ``flow`` is the estimator whose pictures it learns (the paper's is a conventional one). ``rate`` 0 is the
    card's, a tenth of the model's own; the papers' figures (1e-9, 1e-7) belong to Caffe's summed gradients. ``loss``
    is ``paper`` (Eq. 5: sums over pixels and outputs) or ``code`` (means). ``side`` 0 is the model's input size.
    ``steps`` other than 0 replaces ``epochs``; ``without`` names sequences to leave out.
    """

    model: str = "cpd"
    flow: str = "dis"
    start: str = ""
    epochs: int = 10
    steps: int = 0
    batch: int = 8
    rate: float = 0.0
    loss: str = "paper"
    side: int = 0
    without: str = ""
    cache: str = ""


def motion(request: TrainingRequest) -> Path:
    """``vsodboost train motion``: writes ``motion-MODEL.safetensors`` for ``--motion image:FILE``.

    Raises:
        UsageError: the model is no image model that can learn, there is no annotated video, or an option is wrong.
        WeightsError: the model's own weights are missing, or ``start`` is of another network.
    """
    options = read_settings(MotionTraining, request.options)
    if options.loss not in ("paper", "code"):
        raise UsageError(f"training option loss={options.loss}: it is paper or code")
    card = request.plugins.card("targets", options.model)
    network = starting_network(request, options, card)
    feeding = Feeding.of(options.model, card, options.side)
    videos = list_files(request.data, request.folder / "masks", request.read).videos
    videos = tuple(video for video in videos if video.name not in options.without.split(","))
    if not videos:
        raise UsageError("train motion needs annotated video (a DAVIS-like root); stills have no motion")
    estimator = request.build("flows", options.flow)
    cache = (Path(options.cache) if options.cache else request.folder / "flow-images") / options.flow
    images = []
    for video in videos:
        request.say(f"flow images of {video.name}")
        for t, path in write_flow_images(video, estimator, cache, min(feeding.size)).items():
            mask = video.masks[t]
            assert mask is not None
            images.append(LabelledImage(path, mask))
    request.say(f"{options.model}: {len(images)} flow images of {len(videos)} videos")
    state = train(network, feeding, images, options, card, request)
    path = request.folder / f"motion-{options.model}.safetensors"
    written(path, state, feeding)
    request.say(f"wrote {path}; next: vsodboost wrap --motion image:{path} VIDEO")
    return path


def starting_network(request: TrainingRequest, options: MotionTraining, card: TargetCard) -> nn.Module:
    """Return the network that learns, as ``options`` say where it starts. Raises as ``motion``."""
    if card.window > 1 or card.needs_flow:
        raise UsageError(f"training option model={options.model}: it reads clips or flow; a motion model is made of an "
                         "image model, as cpd, u2netp or lite")  # fmt: skip
    if not options.start:  # the model as it is used: with its weights
        built = request.plugins.build("targets", options.model, Request(device="cpu", seed=request.seed))[0]
        return network_of(options.model, built)
    torch.manual_seed(request.seed)
    network = untrained(options.model, request.build)
    if options.start != "none":
        path = Path(options.start)
        if not path.is_file():
            raise UsageError(f"training option start={options.start}: no such file; a checkpoint, or none")
        network.load_state_dict(fit(read_checkpoint(path), network.state_dict(), what=f"{path} for '{options.model}'"))
    return network


def train(
    network: nn.Module,
    feeding: Feeding,
    images: list[LabelledImage],
    options: MotionTraining,
    card: TargetCard,
    request: TrainingRequest,
) -> dict[str, Tensor]:
    """Train by Adam on Eq. 5, batch norm as it is; return the last weights."""
    rate = options.rate or card.learning_rate
    if not rate:
        raise UsageError(f"the card of '{options.model}' names no learning rate; give --option rate=1e-5")
    data = FlowImageBatches(images, options.batch, request.seed, feeding)
    network.requires_grad_(True).train()
    freeze_batch_norm(network)  # flow images are few and alike: its statistics stay those of its colour training
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    steps = options.steps or options.epochs * data.steps_per_epoch
    loop = Loop(
        network, optimizer, Schedule(steps, warmup=0), data.batch, loss_of(feeding, options.loss), request.folder,
        request.say, request.device, average=0.0, clip=float("inf"),
        workers=request.workers,
    )  # fmt: skip
    if request.resume:
        loop.resume()
    return loop.run()


class FlowImageBatches(ImageBatches):
    """Flow images as the model reads them: ``image`` [N, 3, h, w], ``truth`` [N, 1, h, w] in [0, 1].

    A mirrored flow image would show motion that goes the other way in wrong colours, so none is mirrored.
    """

    def __init__(self, images: list[LabelledImage], batch: int, seed: int, feeding: Feeding) -> None:
        super().__init__(images, batch, seed)
        self.feeding = feeding

    def batch(self, step: int) -> Batch:
        """What step ``step`` learns from; it depends on the step and the seed alone."""
        chosen = [self.images[index] for index in self.chosen(step)]
        values = [self.feeding.images(picture(sample.image)[None]) for sample in chosen]
        truths = [torch.from_numpy(mask_levels(sample.mask).astype(np.float32) / 255)[None, None] for sample in chosen]
        sized = [F.interpolate(truth, self.feeding.size, mode="bilinear", antialias=True) for truth in truths]
        return {"image": torch.cat(values), "truth": torch.cat(sized)}


def loss_of(feeding: Feeding, kind: str) -> Callable[[nn.Module, Batch], Tensor]:
    """Return Eq. 5, the cross entropy of every output: the sum over pixels and outputs (``paper``) or of means."""

    def loss(network: nn.Module, batch: Batch) -> Tensor:
        outputs = feeding.outputs(network(batch["image"]), len(batch["image"]))
        reduction = "sum" if kind == "paper" else "mean"
        parts = [F.binary_cross_entropy_with_logits(m, batch["truth"], reduction=reduction) for m in outputs]
        return torch.stack(parts).sum()

    return loss
