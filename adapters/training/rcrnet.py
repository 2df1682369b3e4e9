"""Training RCRNet on single frames, then RCRNet+NER on clips (Yan et al., ICCV 2019, Sec. 4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn

from vsodboost.data.errors import UsageError
from vsodboost.training.files import TrainingFiles, VideoFiles, list_files
from vsodboost.training.loop import Batch
from vsodboost.training.masks import read_mask
from vsodboost.training.recipe import TrainingRequest, read_settings

from ..layers.resnet import freeze_batch_norm
from ..networks.rcrnet import VARIANTS, build_network
from .batches import (
    Shuffled,
    labelled_image,
    mean_bce,
    normalised,
    read_image,
    scaled,
    windows,
)
from .schedule import Drops, run
from .start import fill_encoder, imagenet_weights, start


@dataclass(frozen=True)
class RCRNetSettings:
    """Sizes, rates and clips are the paper's; the batch and length of the image stage were never published.

    ``image_steps`` and ``steps`` other than 0 replace the epochs. ``image_start`` is a checkpoint of the image network,
    ``start`` one of the video network; either leaves the image stage out. ``ner`` is the variant of Table 3, a to e;
    only e has the released network's layers, which ``weights add`` takes.
    """

    size: int = 448
    image_batch: int = 8
    image_epochs: int = 20
    image_steps: int = 0
    image_rate: float = 1e-4
    clip: int = 4
    batch: int = 1
    epochs: int = 50
    steps: int = 0
    rate: float = 1e-5
    imagenet: str = "download"
    image_start: str = ""
    start: str = ""
    ner: str = "e"


def image_loss(network: nn.Module, batch: Batch) -> Tensor:
    """Cross entropy, the mean over pixels."""
    return mean_bce(network(batch["frames"]), batch["truth"])


def clip_loss(network: nn.Module, batch: Batch) -> Tensor:
    """The sum over a clip's frames of their mean cross entropies; frames and truth are [B, T, ...]."""
    maps = network(list(batch["frames"].unbind(dim=1)))
    return torch.stack([mean_bce(m, t) for m, t in zip(maps, batch["truth"].unbind(dim=1), strict=True)]).sum()


def train(request: TrainingRequest) -> Path:
    """The image stage on everything labelled, then the clip stage where there are videos; returns the last file."""
    settings = read_settings(RCRNetSettings, request.options)
    files = list_files(request.data, request.folder / "masks", request.read)
    if settings.image_batch < 2:
        raise UsageError("rcrnet: image_batch must be at least 2, for batch norm of the pooled features needs company")
    if settings.ner not in VARIANTS:
        raise UsageError(f"training option ner={settings.ner}: one of {', '.join(VARIANTS)}")
    video = build_network("video" if settings.ner == "e" else f"video-{settings.ner}")
    with torch.device("meta"):
        image = build_network("image")
    image.add_module("backbone", video.get_submodule("backbone"))  # one set of weights through both stages
    result: Path | None = None
    if settings.start:
        start(video, settings.start, _nothing)
    elif settings.image_start:
        start(image, settings.image_start, _nothing)
    else:
        state = imagenet_weights(settings.imagenet, "resnet50")
        if state is not None:
            fill_encoder(image.get_submodule("backbone.resnet"), state)
        result = _train_image(request, settings, files, image)
    if files.videos:
        return _train_video(request, settings, files, video)
    if result is None:
        raise UsageError("rcrnet: the clip stage needs videos (JPEGImages/, Annotations/), the data are stills only")
    return result


def _nothing() -> None:
    pass


def _train_image(request: TrainingRequest, settings: RCRNetSettings, files: TrainingFiles, network: nn.Module) -> Path:
    pairs = list(files.stills)
    for video in files.videos:
        pairs += [(frame, mask) for frame, mask in zip(video.frames, video.masks, strict=True) if mask is not None]
    request.say(f"rcrnet, stage 1 of 2, single frames: {len(pairs)} labelled images")
    order = Shuffled(len(pairs), settings.image_batch, request.seed)

    def batch(step: int) -> Batch:
        rng = np.random.default_rng([request.seed, 1, step])
        return image_batch([pairs[i] for i in order.at(step)], settings.size, rng)

    steps = settings.image_steps or settings.image_epochs * order.steps_per_epoch
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.image_rate)
    return run(request, "rcrnet-image", network.train(), optimizer, Drops(steps), batch=batch, loss=image_loss)


def _train_video(request: TrainingRequest, settings: RCRNetSettings, files: TrainingFiles, network: nn.Module) -> Path:
    stride = max(1, settings.clip - 1)  # clips share a frame with the next, as the released code cuts them
    clips = [(video, clip) for video in files.videos for clip in windows(video.labelled, settings.clip, stride)]
    request.say(f"rcrnet, stage 2 of 2, clips: {len(clips)} of {settings.clip} frames from {len(files.videos)} videos")
    order = Shuffled(len(clips), settings.batch, request.seed)

    def batch(step: int) -> Batch:
        rng = np.random.default_rng([request.seed, 2, step])
        return clip_batch([clips[i] for i in order.at(step)], settings.size, rng)

    steps = settings.steps or settings.epochs * order.steps_per_epoch
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.rate)
    freeze_batch_norm(network.train())
    return run(request, "rcrnet", network, optimizer, Drops(steps), batch=batch, loss=clip_loss)


def image_batch(pairs: Sequence[tuple[Path, Path]], size: int, rng: Generator) -> Batch:
    """Images and masks, augmented: ``frames`` [N, 3, size, size] and ``truth`` [N, 1, size, size]."""
    frames, truths = zip(*(augmented(*pair, size, rng) for pair in pairs), strict=True)
    return {"frames": torch.stack(frames), "truth": torch.stack(truths)}


def clip_batch(clips: Sequence[tuple[VideoFiles, tuple[int, ...]]], size: int, rng: Generator) -> Batch:
    """Labelled frames of videos by their indices: ``frames`` [B, T, 3, size, size] and ``truth`` [B, T, 1, size, size].
    Half of the clips run backwards, which is all that is done to them."""
    samples = []
    for video, indices in clips:
        in_time = indices[::-1] if rng.random() < 0.5 else indices
        masks = [video.masks[t] for t in in_time]
        pairs = [(video.frames[t], mask) for t, mask in zip(in_time, masks, strict=True) if mask is not None]
        frames, truths = zip(*(labelled_image(*pair, size) for pair in pairs), strict=True)
        samples.append((torch.stack(frames), torch.stack(truths)))
    return {"frames": torch.stack([s[0] for s in samples]), "truth": torch.stack([s[1] for s in samples])}


def augmented(image: Path, mask: Path, size: int, rng: Generator) -> tuple[Tensor, Tensor]:
    """A labelled image, cropped to 70 to 100 % of its area, maybe mirrored, its colours varied by 30 %.

    These are the transforms that the released code defines for images and never shows in use.
    """
    frame, truth = read_image(image), read_mask(mask)
    height, width = truth.shape
    area, aspect = rng.uniform(0.7, 1), float(np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3))))
    h = min(height, round(height * float(np.sqrt(area / aspect))))
    w = min(width, round(width * float(np.sqrt(area * aspect))))
    y, x = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
    flip = slice(None, None, -1) if rng.random() < 0.5 else slice(None)
    frame, truth = frame[y : y + h, x : x + w][:, flip], truth[y : y + h, x : x + w][:, flip]
    picture = scaled(np.ascontiguousarray(frame), size)
    for target, strength in zip(("black", "grey", "colourless"), rng.uniform(0.7, 1.3, 3), strict=True):
        grey = picture.mean(dim=0, keepdim=True)
        other = {"black": torch.zeros_like(grey), "grey": grey.mean().expand_as(grey), "colourless": grey}[target]
        picture = (other + float(strength) * (picture - other)).clamp(0, 1)
    return normalised(picture), scaled(np.ascontiguousarray(truth), size)
