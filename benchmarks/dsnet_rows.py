"""The rows of DS-Net's tables III to VI and Fig. 7 (Su et al. 2020), trained alike; run by train_targets.py."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from target_rows import Budget, Row, Say, Variant, chosen, dis, forward_flow, once
from torch import Tensor, nn
from vsodboost_adapters import dsnet
from vsodboost_adapters.layers.resize import resize
from vsodboost_adapters.networks.dsnet import DSNetwork
from vsodboost_adapters.networks.dsnet_variants import Design, build_designed
from vsodboost_adapters.training import dsnet as training
from vsodboost_adapters.training.batches import Shuffled, normalised, read_image, scaled
from vsodboost_adapters.training.start import fill_encoder, imagenet_weights

from vsodboost.ops.flow_image import flow_image
from vsodboost.registry.interfaces import FlowEstimator
from vsodboost.training.files import VideoFiles, list_files
from vsodboost.training.loop import Batch
from vsodboost.training.masks import read_mask as read_grey


class Summed(DSNetwork):
    """M1: the features of both branches are summed scale by scale and decoded. Same keys; what M1 lacks stays idle."""

    def forward(self, image: Tensor, flow_image: Tensor) -> tuple[Tensor]:  # type: ignore[override]
        """Two [N, 3, H, W] -> the final logits [N, 1, H, W]."""
        pyramids = []
        for branch, seen in ((self.ImageBone, image), (self.FlowBone, flow_image)):
            _, *features = branch.backbone_features(seen)
            pyramids.append([*features, branch.aspp(features[-1])])
        fused = [s + t for s, t in zip(*pyramids, strict=True)]
        final = self.last_conv(self.aggregate(fused))
        return (resize(final, image.shape[-2:], align_corners=True),)


def _exchanged(label: str, name: str, **parts: Any) -> Variant:
    return Variant(f"dsnet-{name}", label, partial(build_designed, Design(**parts)), dsnet.CARD)


VARIANTS = (
    Variant("dsnet-m1", "M1", Summed, dsnet.CARD),
    Variant("dsnet", "M5", DSNetwork, dsnet.CARD),
    _exchanged("DWG-SEP", "sep", weights="sep"),
    _exchanged("DWG-FC", "fc", weights="fc"),
    _exchanged("CAA-woS", "wos", softmax=False),
    _exchanged("CAA-woN", "won", tau=0.0),
    _exchanged("CAA-BU", "bu", order="bottom-up"),
    Variant("dsnet-ss", "M-SS", DSNetwork, dsnet.CARD, loss=training.final_loss),
    _exchanged("M-AGGS", "aggs", coarse="sum"),
    _exchanged("M-woATT", "woatt", attention=False),
    *(_exchanged(f"tau {tau}", f"tau-{tau}", tau=tau) for tau in (0.4, 0.5, 0.7, 0.8)),
)
"""Table III, IV, V, VI, and Fig. 7, whose best tau is M5's."""


@dataclass(frozen=True)
class Moving:
    """Labelled frames with flow, small: ``frames uint8[N, s, s, 3]``, ``flow float16[N, s, s, 2]``, ``truth uint8[N, s,
    s]``."""

    frames: NDArray[np.uint8]
    flow: NDArray[np.float16]
    truth: NDArray[np.uint8]
    stills: int = 0
    """So many of them, the first ones, are stills: their flow image is zero (Sec. IV-A)."""


def read_moving(
    videos: Sequence[VideoFiles], size: int, estimator: FlowEstimator, stills: Sequence[tuple[Path, Path]] = ()
) -> Moving:
    """Stills, then every labelled frame, ``size`` px square, with its flow; a file is read once and flow estimated
    once."""

    def small(values: NDArray[Any]) -> NDArray[Any]:
        return training_resize(values, size)

    frames = [small(read_image(image)) for image, _ in stills]
    truths = [small(read_grey(mask)) for _, mask in stills]
    flows = [np.zeros((size, size, 2), np.float16)] * len(stills)
    for video in videos:
        full = np.stack([read_image(path) for path in video.frames])
        flow = forward_flow(estimator, full)
        for t in video.labelled:
            mask = video.masks[t]
            assert mask is not None
            frames.append(small(full[t]))
            flows.append(small(flow[t]).astype(np.float16))
            truths.append(small(read_grey(mask)))
    return Moving(np.stack(frames), np.stack(flows), np.stack(truths), len(stills))


def training_resize(values: NDArray[Any], size: int) -> NDArray[Any]:
    """``[H, W]`` or ``[H, W, C]`` at ``size`` px square, areas averaged."""
    import cv2

    return np.asarray(cv2.resize(values, (size, size), interpolation=cv2.INTER_AREA))


def moving_batch(data: Moving, indices: Sequence[int], size: int, rng: np.random.Generator) -> Batch:
    """Crops of three quarters of each side or more, half of them mirrored (their flow too), ``size`` px square."""
    parts: list[tuple[Tensor, Tensor, Tensor]] = []
    side = data.truth.shape[1]
    for i in indices:
        h, w = (int(n) for n in rng.integers(round(side * 0.75), side + 1, 2))
        y, x = int(rng.integers(side - h + 1)), int(rng.integers(side - w + 1))
        frame, truth = data.frames[i, y : y + h, x : x + w], data.truth[i, y : y + h, x : x + w]
        flow = data.flow[i, y : y + h, x : x + w].astype(np.float32)
        if rng.random() < 0.5:
            frame, truth, flow = frame[:, ::-1], truth[:, ::-1], flow[:, ::-1] * np.array([-1, 1], np.float32)
        seen = normalised(scaled(np.ascontiguousarray(frame), size))
        still = i < data.stills
        motion = torch.zeros_like(seen) if still else normalised(scaled(flow_image(flow), size))
        parts.append((seen, motion, scaled(np.ascontiguousarray(truth), size)))
    frames, flows, truths = (torch.stack(part) for part in zip(*parts, strict=True))
    return {"frames": frames, "flow": flows, "truth": truths}


def train(options: argparse.Namespace, videos: Sequence[VideoFiles], say: Say) -> list[tuple[Row, nn.Module]]:
    """The rows asked for, on the same batches."""
    stills = list_files([options.stills]).stills if options.stills else ()
    order = Shuffled(len(stills) + sum(len(video.labelled) for video in videos), options.batch, options.seed)

    @cache
    def data() -> Moving:
        return read_moving(videos, round(options.size * 1.25), dis(), stills)

    def batch(step: int) -> Batch:
        return moving_batch(data(), order.at(step), options.size, np.random.default_rng([options.seed, step]))

    def prepare(network: nn.Module) -> None:
        data()  # here: processes that make batches have it then, too
        state = imagenet_weights(options.imagenet, "resnet34")
        for branch in ("ImageBone", "FlowBone") if state is not None else ():
            fill_encoder(network.get_submodule(f"{branch}.backbone_features"), dict(state or {}))
        network.train()

    budget = Budget.of(options, options.steps, options.rate, training.DSNetSettings.weight_decay)
    rows = chosen(VARIANTS, options.variants or ["M1", "M5"])
    return [once(options, variant, prepare, budget, batch, training.loss, say) for variant in rows]
