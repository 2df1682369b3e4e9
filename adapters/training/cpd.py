"""Training CPD (Wu, Su and Huang, CVPR 2019): both maps against the truth, on still images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from vsodboost.training.files import list_files
from vsodboost.training.loop import Batch
from vsodboost.training.recipe import TrainingRequest, read_settings

from .batches import Shuffled, labelled_image, mean_bce
from .schedule import Drops, run
from .start import fill_encoder, imagenet_weights, start


@dataclass(frozen=True)
class CPDSettings:
    """Defaults are the authors' (DUTS-TR, no augmentation). ``steps`` other than 0 replaces ``epochs``."""

    size: int = 352
    batch: int = 10
    epochs: int = 100
    steps: int = 0
    rate: float = 1e-4
    drop_every: int = 50
    """Epochs between drops to a tenth. (The released code drops every epoch from the 50th on, by an oversight.)"""
    clamp: float = 0.5
    """No element of a gradient is longer than this."""
    imagenet: str = "download"
    start: str = ""


def loss(network: nn.Module, batch: Batch) -> Tensor:
    """Cross entropy of the attention map plus that of the detection map."""
    attention, detection = network(batch["frames"])
    return mean_bce(attention, batch["truth"]) + mean_bce(detection, batch["truth"])


def train(request: TrainingRequest, network: nn.Module, name: str, encoder: str) -> Path:
    """Train ``network`` (CPD on ``encoder``, vgg16 or resnet50) on stills and labelled video frames alike."""
    settings = read_settings(CPDSettings, request.options)
    files = list_files(request.data, request.folder / "masks", request.read)
    pairs = list(files.stills)
    for video in files.videos:
        pairs += [(frame, mask) for frame, mask in zip(video.frames, video.masks, strict=True) if mask is not None]
    request.say(f"{name}: {len(pairs)} labelled images")

    start(network, settings.start, lambda: _load_encoder(network, settings.imagenet, encoder))
    order = Shuffled(len(pairs), settings.batch, request.seed)

    def batch(step: int) -> Batch:
        samples = [labelled_image(*pairs[i], settings.size) for i in order.at(step)]
        return {"frames": torch.stack([s[0] for s in samples]), "truth": torch.stack([s[1] for s in samples])}

    clamp_gradients(network, settings.clamp)
    steps = settings.steps or settings.epochs * order.steps_per_epoch
    every = max(1, settings.drop_every * order.steps_per_epoch)
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.rate)
    schedule = Drops(steps, drops=tuple(range(every, steps, every)), by=0.1)
    return run(request, name, network.train(), optimizer, schedule, batch=batch, loss=loss)


def clamp_gradients(network: nn.Module, limit: float) -> None:
    """Clamp every element of every gradient to [-limit, limit] as it is computed."""
    for parameter in network.parameters():
        parameter.register_hook(lambda gradient: gradient.clamp(-limit, limit))  # type: ignore[no-untyped-call]


def _load_encoder(network: nn.Module, choice: str, encoder: str) -> None:
    state = imagenet_weights(choice, encoder)
    if state is None:
        return
    if encoder == "resnet50":  # the deep stages exist twice
        doubled = dict(state)
        for key, value in state.items():
            layer, dot, rest = key.partition(".")
            doubled.update({f"{layer}_{copy}{dot}{rest}": value for copy in (1, 2)})
        fill_encoder(network.get_submodule("resnet"), doubled)
        return
    # CPD named VGG's layers anew; in order, each tail's are torchvision's.
    vgg, filled = network.get_submodule("vgg"), dict[str, Tensor]()
    features = [value for key, value in state.items() if key.startswith("features.")]
    for copy in (1, 2):
        stages = ("conv1", "conv2", "conv3", f"conv4_{copy}", f"conv5_{copy}")
        names = [n for n, _ in vgg.named_parameters() if n.partition(".")[0] in stages]
        filled.update(zip(names, features, strict=False))
    fill_encoder(vgg, filled)
