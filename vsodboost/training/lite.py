"""``vsodboost train lite``: the small network, from an ImageNet encoder to the shipped weights.

First stills alone; then the network, which has not seen any video yet, maps every video frame: those are the maps of a
real but weak still-image model; then everything, each guidance dropped at random.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from vsodboost.data.training_set import TUNING_PIXELS
from vsodboost.networks.lite import GUIDANCE_CHANNELS, LiteNetwork
from vsodboost.ops.motion_image import motion_image
from vsodboost.ops.network_input import MEAN, STD, normalise
from vsodboost.registry.interfaces import FlowEstimator
from vsodboost.spatial.losses import structure_loss
from vsodboost.training.augment import jitter_colour, random_view, share
from vsodboost.training.data import AnnotatedVideo
from vsodboost.training.loop import Batch, Loop, Schedule, freeze_batch_norm
from vsodboost.training.motions import random_motion
from vsodboost.training.moving_stills import Still, moving_still
from vsodboost.training.real_maps import RealMaps, with_some_errors
from vsodboost.training.simulate import faulty_map, finish, synthetic_motion

SIZES = ((224, 384), (256, 320), (288, 288))

# How often which guidance are given: frame alone, + motion, + motion and map, + map.
GUIDANCE_KINDS = (0.3, 0.2, 0.38, 0.12)

# First the network learns to doubt a map, then when not to: (until this share of the steps, share of nearly right
# maps).
NEARLY_RIGHT = ((0.54, 0.06), (1.0, 0.3))


@dataclass
class LiteSettings:
    """Defaults are what made the shipped weights."""

    still_steps: int = 300
    steps: int = 3200
    batch: int = 8
    encoder_rate: float = 3e-4
    decoder_rate: float = 1e-3
    real_maps: float = 0.5
    """Share of the video frames with a map for which a real model's is taken, where there is one."""
    stills_share: float = 0.4
    moving_stills: float = 0.8
    """Share of the stills with motion whose motion is estimated from a made video; the others' is drawn."""
    average: float = 0.995
    """Decay of the averaged weights a step."""
    seed: int = 0


def _tensor(values: Sequence[NDArray[np.float32]]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(np.stack(values), np.float32))


class LiteData:
    """Batches for a step: frames ``[N,3,h,w]``, guidance ``[N,4,h,w]``, truth ``[N,1,h,w]``."""

    def __init__(
        self,
        stills: list[Still],
        videos: list[AnnotatedVideo],
        settings: LiteSettings,
        estimator: FlowEstimator | None = None,
        real: RealMaps | None = None,
    ) -> None:
        self.stills, self.videos, self.settings, self.estimator = stills, videos, settings, estimator
        self.real = real or {}
        self.weak: dict[str, NDArray[np.uint8]] = {}
        lengths = np.array([len(v) for v in videos], float)
        self._shares = np.sqrt(lengths) / np.sqrt(lengths).sum() if videos else lengths

    def stills_batch(self, step: int) -> Batch:
        """Stills without guidance."""
        rng = np.random.default_rng([self.settings.seed, 1, step])
        size = SIZES[rng.integers(len(SIZES))]
        return self._stack([self._still(rng, size, None) for _ in range(self.settings.batch)])

    def batch(self, step: int) -> Batch:
        """Stills and video frames with random guidance."""
        rng = np.random.default_rng([self.settings.seed, 2, step])
        size = SIZES[rng.choice(len(SIZES), p=(0.6, 0.2, 0.2))]
        share = self.settings.stills_share if self.stills and self.videos else float(bool(self.stills))
        right = self._nearly_right(step)
        return self._stack(
            [
                self._still(rng, size, right) if rng.random() < share else self._frame(rng, size, right)
                for _ in range(self.settings.batch)
            ]
        )

    def _nearly_right(self, step: int) -> float:
        done = step / max(1, self.settings.steps)
        return next(share for until, share in NEARLY_RIGHT if done < until)

    def _stack(self, samples: list[tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]]) -> Batch:
        frames, guidance, truths = zip(*samples, strict=True)
        return {"frames": _tensor(frames), "guidance": _tensor(guidance), "truth": _tensor(truths)}

    def _still(
        self, rng: Generator, size: tuple[int, int], nearly_right: float | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        image, mask = self.stills[rng.integers(len(self.stills))]
        view = random_view(image.shape, size, rng)
        truth = share(view.take(mask))
        guidance = np.zeros((GUIDANCE_CHANNELS, *size), np.float32)
        if nearly_right is not None:
            with_motion, with_map = self._which(rng)
            if with_motion and self.estimator is not None and rng.random() < self.settings.moving_stills:
                sample = self._moving(rng, size, nearly_right if with_map else None)
                if sample is not None:
                    return sample
            if with_motion and rng.random() < 0.5:
                guidance[:3] = motion_image(synthetic_motion(truth, rng)[None])[0]
            if with_map:
                donor = self.stills[rng.integers(len(self.stills))][1]
                other = share(random_view(donor.shape, size, rng).take(donor))
                guidance[3] = faulty_map(truth, rng, other=other, nearly_right=nearly_right) - 0.5
        return self._image(view.take(image), rng), guidance, truth[None]

    def _moving(
        self, rng: Generator, size: tuple[int, int], nearly_right: float | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]] | None:
        assert self.estimator is not None
        made = moving_still(self.stills, size, self.estimator, rng)
        if made is None:
            return None
        guidance = np.zeros((GUIDANCE_CHANNELS, *size), np.float32)
        guidance[:3] = motion_image(made.motion[None])[0]
        if nearly_right is not None:
            everything = np.asarray(np.maximum(made.truth, made.others * rng.uniform(0.5, 1)), np.float32)
            guidance[3] = (
                faulty_map(made.truth, rng, weak=everything, other=made.others, nearly_right=nearly_right) - 0.5
            )
        return self._image(made.frame, rng), guidance, made.truth[None]

    def _frame(
        self, rng: Generator, size: tuple[int, int], nearly_right: float
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        v = int(rng.choice(len(self.videos), p=self._shares))
        video = self.videos[v]
        t = int(rng.integers(len(video)))
        view = random_view(video.frames.shape[1:], size, rng, least=0.7)
        truth = share(view.take(video.truth[t]))
        guidance = np.zeros((GUIDANCE_CHANNELS, *size), np.float32)
        with_motion, with_map = self._which(rng)
        if with_motion:
            motion = random_motion(video, t, rng)
            if motion is not None:
                guidance[:3] = motion_image(view.take_motion(motion)[None])[0]
        if with_map:
            weak = share(view.take(self.weak[video.name][t])) if video.name in self.weak else None
            near = rng.random() < 0.7
            source = video if near else self.videos[rng.integers(len(self.videos))]
            u = min(max(t + int(rng.integers(-8, 9)), 0), len(video) - 1) if near else int(rng.integers(len(source)))
            other = share(random_view(source.truth.shape[1:], size, rng).take(source.truth[u]))
            if near:
                other = share(view.take(source.truth[u]))
            found = self.real.get(video.name, ())
            if found and rng.random() < self.settings.real_maps:
                real = share(view.take(found[int(rng.integers(len(found)))][t]))
                spoilt = with_some_errors(truth, real, rng) if rng.random() < nearly_right else real
                guidance[3] = finish(spoilt, rng) - 0.5
            else:
                guidance[3] = faulty_map(truth, rng, weak=weak, other=other, nearly_right=nearly_right) - 0.5
        return self._image(view.take(video.frames[t]), rng), guidance, truth[None]

    def _image(self, frame: NDArray[np.float32], rng: Generator) -> NDArray[np.float32]:
        jittered = jitter_colour(frame, rng) / 255
        return np.asarray(((jittered - MEAN) / STD).transpose(2, 0, 1), np.float32)

    def _which(self, rng: Generator) -> tuple[bool, bool]:
        kind = int(rng.choice(4, p=GUIDANCE_KINDS))
        return kind in (1, 2), kind in (2, 3)


def _loss(network: nn.Module, batch: Batch) -> Tensor:
    return structure_loss(network(batch["frames"], batch["guidance"]).float(), batch["truth"])


def _optimizer(network: LiteNetwork, settings: LiteSettings) -> torch.optim.Optimizer:
    encoder, rest = network.trained_parameters()
    return torch.optim.AdamW(
        [{"params": encoder, "lr": settings.encoder_rate}, {"params": rest, "lr": settings.decoder_rate}],
        weight_decay=1e-4,
    )


def map_videos(network: LiteNetwork, videos: list[AnnotatedVideo], device: str) -> dict[str, NDArray[np.uint8]]:
    """The network's maps of every frame from the frame alone, ``uint8[T, H, W]`` by video."""
    network.eval()
    weak = {}
    with torch.no_grad():
        for video in videos:
            maps = []
            for start in range(0, len(video), 16):
                frames, back = normalise(video.frames[start : start + 16], device, TUNING_PIXELS)
                maps.append(back(torch.sigmoid(network(frames))))
            weak[video.name] = np.round(np.concatenate(maps) * 255).astype(np.uint8)
    return weak


def train_lite(
    network: LiteNetwork,
    data: LiteData,
    settings: LiteSettings,
    folder: Path,
    say: Callable[[str], None],
    *,
    device: str = "cpu",
    resume: bool = False,
    workers: int = 0,
) -> dict[str, Tensor]:
    """Both stages; returns the averaged weights. Checkpoints in ``folder``/stills and ``folder``/all."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loop(steps: int, batch: Callable[[int], Batch], name: str) -> Loop:
        network.train()
        freeze_batch_norm(network.encoder)
        made = Loop(
            network, _optimizer(network, settings), Schedule(steps), batch, _loss, folder / name, say, device,
            average=settings.average, workers=workers,
        )  # fmt: skip
        if resume:
            made.resume()
        return made

    if data.stills and settings.still_steps:
        say(f"stage 1 of 2: {len(data.stills)} stills")
        network.load_state_dict(loop(settings.still_steps, data.stills_batch, "stills").run())
        data.weak = map_videos(network, data.videos, device)
    say(f"stage 2 of 2: {len(data.stills)} stills, {sum(map(len, data.videos))} frames of {len(data.videos)} videos")
    return loop(settings.steps, data.batch, "all").run()
