"""Training the networks of MQP: the MQPM on flow images (Sec. IV), the spatial model on frames (Sec. V-C).

Sec. VI-B: DAVIS-TR, Adam, batches of 8, "10e-3" as initial learning rate, mirrored at random. The paper gives neither
the number of epochs nor how the rate falls; ours falls along a cosine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from vsodboost.data.cards import IMAGENET_MEAN, IMAGENET_STD, TargetCard
from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.data.types import Clip
from vsodboost.io.atomic import write_png, write_text
from vsodboost.metrics.grey_files import read_truth
from vsodboost.networks.localisation import SIDE, VGG16
from vsodboost.networks.mqpm import quality_threshold
from vsodboost.networks.paper_mqpm import MotionAndQuality
from vsodboost.ops.flow_image import flow_image
from vsodboost.ops.network_input import to_input
from vsodboost.ops.resize import resize_frames, size_of_short_side
from vsodboost.ops.s_measure import s_measure
from vsodboost.registry.interfaces import FlowEstimator, Target
from vsodboost.targets.network_target import run_target
from vsodboost.training.files import VideoFiles
from vsodboost.training.loop import Batch, Loop, Schedule
from vsodboost.weights.reading import read_checkpoint

Say = Callable[[str], None]


@dataclass(frozen=True)
class PaperTraining:
    """Options of ``train spatial-paper``. ``steps`` other than 0 replaces ``epochs``; ``rate`` is "10e-3" read as 1e-3
    (the other reading is 1e-2); ``loss`` is ``paper`` (Eq. 6 and 7: sums) or ``code`` (means); ``encoder`` is
    torchvision's vgg16-397923af.pth, without it VGG starts at random; ``without`` names sequences to leave out.
    ``side`` is the paper's 352 px; a network trained at a smaller one is run at it, too."""

    epochs: int = 10
    steps: int = 0
    batch: int = 8
    rate: float = 1e-3
    loss: str = "paper"
    encoder: str = ""
    without: str = ""
    side: int = SIDE

    def __post_init__(self) -> None:
        if self.side < 32 or self.side % 32:
            raise UsageError(f"training option side={self.side}: a multiple of 32 px, from 32 on")


@dataclass(frozen=True)
class PaperMqpmTraining(PaperTraining):
    """Options of ``train mqpm-paper``, beside those of the spatial model: the ``flow`` estimator, the ``image_model``
    whose map of the flow image is scored by Eq. 1 (the paper's is CPD: add its weights and give ``cpd``), and a folder
    to keep flow images in (``cache``)."""

    flow: str = "spynet"
    image_model: str = "lite"
    cache: str = ""


@dataclass(frozen=True)
class LabelledImage:
    """An image, its mask, and the motion quality label of Eq. 2 (1: high, 0: low) where it is a flow image."""

    image: Path
    mask: Path
    label: float = 0.0


class ImageBatches:
    """Every image once an epoch, in an order that depends on the seed and the step alone."""

    def __init__(self, images: Sequence[LabelledImage], batch: int, seed: int, side: int = SIDE) -> None:
        if not images:
            raise UsageError("no annotated frame to train on; is without=... right?")
        self.images, self.size, self.seed, self.side = images, max(1, batch), seed, side

    @property
    def steps_per_epoch(self) -> int:
        return max(1, len(self.images) // self.size)

    def chosen(self, step: int) -> list[int]:
        """Indices of the images of a step."""
        count = len(self.images)
        places = range(step * self.size, (step + 1) * self.size)
        orders = {epoch: np.random.default_rng([self.seed, 5, epoch]).permutation(count)
                  for epoch in {place // count for place in places}}  # fmt: skip
        return [int(orders[place // count][place % count]) for place in places]

    def batch(self, step: int) -> Batch:
        """``image`` [N, 3, side, side] (ImageNet norm), ``truth`` [N, 1, side, side] in [0, 1], ``label`` [N]."""
        rng = np.random.default_rng([self.seed, 6, step])
        frames, truths, labels = [], [], []
        for index in self.chosen(step):
            sample = self.images[index]
            frame, truth = _squashed(picture(sample.image), self.side), _squashed(mask_levels(sample.mask), self.side)
            mirrored = rng.random() < 0.5
            frames.append(frame[:, ::-1] if mirrored else frame)
            truths.append(truth[:, ::-1] if mirrored else truth)
            labels.append(sample.label)
        return {
            "image": to_input(np.stack(frames), mean=IMAGENET_MEAN, std=IMAGENET_STD),
            "truth": torch.from_numpy(np.stack(truths).astype(np.float32) / 255)[:, None],
            "label": torch.tensor(labels, dtype=torch.float32),
        }


def picture(path: Path) -> NDArray[np.uint8]:
    """Return an image ``uint8[H, W, 3]`` RGB. Raises UsageError when it cannot be read."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise UsageError(f"cannot read the training image {path}; remove or replace it")
    return np.asarray(image[:, :, ::-1], np.uint8)


def mask_levels(path: Path) -> NDArray[np.uint8]:
    """Return a mask ``uint8[H, W]``, 0 or 255."""
    return np.where(read_truth(path), 255, 0).astype(np.uint8)


def _squashed(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR), np.uint8)


def frames_of(videos: Sequence[VideoFiles]) -> list[LabelledImage]:
    """The annotated frames themselves, for the spatial model."""
    return [LabelledImage(v.frames[t], mask) for v in videos for t, mask in enumerate(v.masks) if mask is not None]


def write_flow_images(video: VideoFiles, estimator: FlowEstimator, folder: Path, side: int = SIDE) -> dict[int, Path]:
    """The flow image of each annotated frame, from it to the next one (the last: reversed, from it to the one before).

    Written as ``<folder>/<video>/<frame>.png`` with a short side of ``side`` px, or found there.
    """
    paths = {t: folder / video.name / f"{video.frames[t].stem}.png" for t in video.labelled}
    for t, path in paths.items():
        if path.exists():
            continue
        last = t + 1 == len(video.frames)
        other = t - 1 if last else t + 1
        first = picture(video.frames[t])[None]
        size = size_of_short_side(side, (first.shape[1], first.shape[2]))
        if other < 0:  # a video of one frame
            flow = np.zeros((*size, 2), np.float32)
        else:
            pair = [resize_frames(frame, size) for frame in (first, picture(video.frames[other])[None])]
            flow = estimator.estimate(pair[0], pair[1])[0] * (-1 if last else 1)
        write_png(path, flow_image(flow))
    return paths


def motion_quality_scores(
    videos: Sequence[VideoFiles], images: Mapping[str, Mapping[int, Path]], target: Target, card: TargetCard, file: Path
) -> dict[str, dict[int, float]]:
    """MQS of Eq. 1: S-measure of the image model's map of each flow image against the truth; kept in ``file``."""
    if card.window != 1:
        raise UsageError("training option image_model: it sees one flow image at a time, so it must be an image model")
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    found: dict[str, dict[int, float]] = {}
    for video in videos:
        found[video.name] = {int(t): float(score) for t, score in kept.get(video.name, {}).items()}
        for t, path in images[video.name].items():
            if t in found[video.name]:
                continue
            image, mask = picture(path), video.masks[t]
            assert mask is not None
            clip = Clip(image[None], (path.stem,), video.name)
            m = run_target(target, card, clip, "the image model")
            truth = cv2.resize(mask_levels(mask), (image.shape[1], image.shape[0]), interpolation=cv2.INTER_AREA)
            score = s_measure(torch.from_numpy(m), torch.from_numpy(truth[None] / np.float32(255)))
            found[video.name][t] = float(score.clamp(0, 1)[0])
    write_text(file, json.dumps(kept | found) + "\n")
    return found


def labelled(
    videos: Sequence[VideoFiles], images: Mapping[str, Mapping[int, Path]], scores: Mapping[str, Mapping[int, float]]
) -> tuple[list[LabelledImage], float]:
    """Flow images with the label of Eq. 2, and the λ of Eq. 3 and 4 that divides them."""
    threshold = quality_threshold([score for video in scores.values() for score in video.values()])
    found = []
    for video in videos:
        for t, path in images[video.name].items():
            mask = video.masks[t]
            assert mask is not None
            found.append(LabelledImage(path, mask, float(scores[video.name][t] >= threshold)))
    return found, threshold


def load_vgg(encoder: VGG16, path: Path) -> None:
    """Fill the encoder from torchvision's VGG-16 checkpoint.

    Raises:
        WeightsError: the file cannot be read, or is of another network.
    """
    given = read_checkpoint(path)
    wanted = encoder.state_dict()
    wrong = next((k for k, v in wanted.items() if k not in given or given[k].shape != v.shape), None)
    if wrong is not None:
        raise WeightsError(f"{path} is no VGG-16 of torchvision's: {wrong} should be {tuple(wanted[wrong].shape)}")
    encoder.load_state_dict({k: given[k] for k in wanted})


def train(
    network: nn.Module,
    data: ImageBatches,
    settings: PaperTraining,
    folder: Path,
    say: Say,
    *,
    device: str = "cpu",
    resume: bool = False,
    workers: int = 0,
) -> dict[str, Tensor]:
    """Adam on Eq. 5 (MQPM) or Eq. 6 (spatial model); returns the last weights."""
    if settings.loss not in ("paper", "code"):
        raise UsageError(f"training option loss={settings.loss}: it is paper or code")
    reduction = "sum" if settings.loss == "paper" else "mean"

    def loss(net: nn.Module, batch: Batch) -> Tensor:
        out = net(batch["image"])
        logits = out.logits if isinstance(out, MotionAndQuality) else out
        total = F.binary_cross_entropy_with_logits(logits.float(), batch["truth"], reduction=reduction)
        if isinstance(out, MotionAndQuality):
            total = total + F.binary_cross_entropy_with_logits(out.high.float(), batch["label"], reduction=reduction)
        return total

    network.train()
    steps = settings.steps or settings.epochs * data.steps_per_epoch
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.rate)
    loop = Loop(
        network, optimizer, Schedule(steps), data.batch, loss, folder, say, device, average=0.0, clip=float("inf"),
        workers=workers,
    )  # fmt: skip
    if resume:
        loop.resume()
    return loop.run()
