"""The rows of RCRNet's table 3 (Yan et al., ICCV 2019), from one image stage; run by train_targets.py."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from safetensors.torch import load_file
from target_rows import Budget, Row, Say, Variant, chosen, fit, once, save
from torch import Tensor, nn
from vsodboost_adapters import rcrnet
from vsodboost_adapters.layers.resnet import freeze_batch_norm
from vsodboost_adapters.networks.rcrnet import ImageNetwork, VideoNetwork, build_network
from vsodboost_adapters.training import rcrnet as training
from vsodboost_adapters.training.batches import Shuffled, windows
from vsodboost_adapters.training.start import fill_encoder, imagenet_weights

from vsodboost.training.files import VideoFiles, list_files
from vsodboost.training.loop import Batch


class FrameByFrame(ImageNetwork):
    """Ra: RCRNet on each frame of a clip by itself."""

    def forward(self, frames: Sequence[Tensor]) -> list[Tensor]:  # type: ignore[override]
        """T frames [B, 3, H, W] -> T logits [B, 1, H, W]."""
        maps: Tensor = self.backbone(torch.cat(list(frames)))
        return list(maps.chunk(len(frames)))


VARIANTS = (
    Variant("rcrnet-ra", "Ra", FrameByFrame, rcrnet.CARD, "list"),
    *(
        Variant(f"rcrnet-r{n}", f"R{n}", partial(build_network, f"video-{n}"), rcrnet.CARD, "list")
        for n in ("b", "c", "d")
    ),
    Variant("rcrnet", "Re", VideoNetwork, rcrnet.CARD, "list"),
)


def train(options: argparse.Namespace, videos: Sequence[VideoFiles], say: Say) -> list[tuple[Row, nn.Module]]:
    """The image stage once, then the variants on the same clips."""
    rows = chosen(VARIANTS, options.variants)
    return clip_stage(options, videos, image_stage(options, videos, say), rows, say)


def clip_stage(
    options: argparse.Namespace,
    videos: Sequence[VideoFiles],
    start: dict[str, Tensor],
    rows: Sequence[Variant],
    say: Say,
) -> list[tuple[Row, nn.Module]]:
    """The variants of ``rows`` on the same clips, each from the image network ``start``."""
    clips = [(video, clip) for video in videos for clip in windows(video.labelled, options.clip, options.clip - 1)]
    order = Shuffled(len(clips), options.clips, options.seed)

    def batch(step: int) -> Batch:
        rng = np.random.default_rng([options.seed, 2, step])
        return training.clip_batch([clips[i] for i in order.at(step)], options.size, rng)

    def prepare(network: nn.Module) -> None:
        network.get_submodule("backbone").load_state_dict(start)
        freeze_batch_norm(network.train())

    budget = Budget.of(options, options.steps, options.rate)
    return [once(options, variant, prepare, budget, batch, training.clip_loss, say) for variant in rows]


def image_stage(options: argparse.Namespace, videos: Sequence[VideoFiles], say: Say) -> dict[str, Tensor]:
    """RCRNet on single frames, or on --stills: its weights, trained or with --reuse those kept in OUT."""
    file = options.out / "rcrnet-image.safetensors"
    torch.manual_seed(options.seed)
    network = ImageNetwork().train()
    if options.reuse and file.exists():
        say(f"image stage: {file.name}, trained before")
        network.load_state_dict(load_file(file))
        return network.backbone.state_dict()
    state = imagenet_weights(options.imagenet, "resnet50")
    if state is not None:
        fill_encoder(network.backbone.resnet, state)
    pairs = list(list_files([options.stills]).stills) if options.stills else []
    if not pairs:
        pairs = [(f, m) for v in videos for f, m in zip(v.frames, v.masks, strict=True) if m is not None]
    order = Shuffled(len(pairs), options.batch, options.seed)

    def batch(step: int) -> Batch:
        rng = np.random.default_rng([options.seed, 1, step])
        return training.image_batch([pairs[i] for i in order.at(step)], options.image_size, rng)

    say(f"\nimage stage: {len(pairs)} images, {options.image_steps} steps of {options.batch}, {options.image_size} px")
    budget = Budget.of(options, options.image_steps, options.image_rate)
    seconds, loss = fit(network, budget, batch, training.image_loss, options.out / "rcrnet-image", say)
    say(f"image stage: {seconds:.0f} s, loss {loss:.4f}")
    save(network, file)
    return network.backbone.state_dict()
