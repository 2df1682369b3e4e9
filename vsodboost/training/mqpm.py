"""``vsodboost train mqpm``: motion saliency and motion quality from video with truth (Chen et al., MQP, 2021, Sec.
IV)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from vsodboost.networks.mqpm import Motion, MotionQualityNetwork, quality_threshold
from vsodboost.ops.motion_image import motion_image
from vsodboost.ops.s_measure import s_measure
from vsodboost.spatial.losses import structure_loss
from vsodboost.training.augment import random_view, share
from vsodboost.training.data import AnnotatedVideo
from vsodboost.training.loop import Batch, Loop, Schedule
from vsodboost.training.motions import random_motion

SIZES = ((224, 384), (256, 320), (288, 288))


@dataclass
class MotionSettings:
    """Defaults are what made the shipped weights."""

    steps: int = 3000
    batch: int = 16
    rate: float = 2e-3
    seed: int = 0


class MotionData:
    """Batches for a step: motion images ``[N,3,h,w]``, truth ``[N,1,h,w]``, MQS ``[N]`` (Eq. 1) where it is known."""

    def __init__(
        self,
        videos: list[AnnotatedVideo],
        settings: MotionSettings,
        scores: Mapping[str, NDArray[np.float32]] | None = None,
    ) -> None:
        self.videos, self.settings, self.scores = videos, settings, scores or {}
        lengths = np.sqrt([len(v) for v in videos])
        self._shares = lengths / lengths.sum()

    def batch(self, step: int) -> Batch:
        rng = np.random.default_rng([self.settings.seed, 3, step])
        size = SIZES[rng.choice(len(SIZES), p=(0.6, 0.2, 0.2))]
        motions: list[NDArray[np.float32]] = []
        truths: list[NDArray[np.float32]] = []
        scores: list[np.float32] = []
        while len(motions) < self.settings.batch:
            video = self.videos[rng.choice(len(self.videos), p=self._shares)]
            t = int(rng.integers(len(video)))
            motion = random_motion(video, t, rng)
            if motion is None:
                continue
            view = random_view(video.frames.shape[1:], size, rng)
            field = _turn(view.take_motion(motion), rng)
            motions.append(motion_image(field[None])[0])
            truths.append(share(view.take(video.truth[t]))[None])
            known = self.scores.get(video.name)
            scores.append(np.float32(np.nan) if known is None else known[t])
        return {
            "motion": torch.from_numpy(np.stack(motions)),
            "truth": torch.from_numpy(np.stack(truths).astype(np.float32)),
            "score": torch.from_numpy(np.array(scores, np.float32)),
        }


def _turn(motion: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """The same motion in another direction: saliency does not depend on where an object goes."""
    angle = rng.uniform(0, 2 * np.pi)
    c, s = np.cos(angle), np.sin(angle)
    turned = motion @ np.array([[c, s], [-s, c]], np.float32)
    return np.asarray(turned + rng.normal(0, 0.05, motion.shape) * rng.random(), np.float32)


def quality_labels(scores: Mapping[str, NDArray[np.float32]]) -> float:
    """λ of Eq. 3-4 over every frame of the training set."""
    return quality_threshold(torch.from_numpy(np.concatenate(list(scores.values()))))


def train_mqpm(
    network: MotionQualityNetwork,
    data: MotionData,
    settings: MotionSettings,
    folder: Path,
    say: Callable[[str], None],
    *,
    device: str = "cpu",
    resume: bool = False,
    workers: int = 0,
) -> dict[str, Tensor]:
    """Localisation by the structure loss, quality by BCE on Eq. 2's label and on the score itself; averaged weights."""
    threshold = quality_labels(data.scores) if data.scores else 0.5
    say(f"{sum(map(len, data.videos))} frames of {len(data.videos)} videos, quality threshold λ = {threshold:.4f}")

    def loss(net: nn.Module, batch: Batch) -> Tensor:
        out: Motion = net(batch["motion"])
        total = structure_loss(out.logits.float(), batch["truth"])
        score = batch["score"]
        known = ~torch.isnan(score)
        own = s_measure(torch.sigmoid(out.logits.detach().float())[:, 0], batch["truth"][:, 0]).clamp(0, 1)
        # Where the paper's score (of an image model on the flow image) is known it is the label; the network's own
        # result says the rest.
        target = torch.where(known, 0.5 * (score.nan_to_num(0) + own), own)
        high = torch.where(known, score.nan_to_num(0), own) >= threshold
        return (
            total
            + F.binary_cross_entropy_with_logits(out.score.float(), target)
            + F.binary_cross_entropy_with_logits(out.high.float(), high.float())
        )

    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    network.train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=settings.rate, weight_decay=1e-2)
    loop = Loop(network, optimizer, Schedule(settings.steps), data.batch, loss, folder, say, device, workers=workers)
    if resume:
        loop.resume()
    return loop.run()
