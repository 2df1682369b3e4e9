"""``vsodboost train fgplg``: the network that makes pseudo-labels, from sparsely labelled video (Yan et al., FGPLG,
2019, Sec. 3.3).

Of a video's labelled frames some keep their label, at several spacings; it is propagated to the others, whose own label
is what the network is to say. So it learns from triplets of labelled frames, and fills the gaps between them at use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from vsodboost.boosters.labels.labelled_frames import LabelledFrame, VideoLabels, mask_at
from vsodboost.boosters.labels.propagation import Route, propagate
from vsodboost.boosters.labels.reading import read_label
from vsodboost.data.cards import SpatialModelCard
from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.data.training_set import TUNING_PIXELS
from vsodboost.data.types import Clip, FlowField, Frames, Maps
from vsodboost.io.atomic import atomic_path
from vsodboost.io.image_file import read_rgb
from vsodboost.networks.label_refinement import PropagatedLabelNetwork
from vsodboost.ops.resize import working_size
from vsodboost.registry.interfaces import FlowEstimator
from vsodboost.spatial.losses import structure_loss
from vsodboost.training.augment import jitter_colour, random_view, share
from vsodboost.training.files import VideoFiles
from vsodboost.training.loop import Batch, Loop, Schedule, freeze_batch_norm
from vsodboost.weights.reading import read_checkpoint


@dataclass(frozen=True)
class FgplgTraining:
    """Options of ``train fgplg``; defaults are what made the shipped weights.

    ``every`` takes every n-th label of each video and forgets the others; ``gaps`` are the spacings, in frames, of
    those that are propagated. ``network`` is a spatial model of seven channels, ``start`` a checkpoint to begin with
    (the light network begins with stages of the shipped spatial model); a stem of fewer channels fills the first of
    ours.
    """

    network: str = "fgplg"
    start: str = ""
    every: int = 1
    gaps: str = "6,14,28"
    route: str = "best"
    flow: str = "dis"
    steps: int = 1200
    batch: int = 6
    rate: float = 1e-3
    encoder_rate: float = 2e-4
    one_sided: float = 0.15
    without: str = "the four sequences that no shipped weights have seen"
    cache: str = ""


@dataclass(frozen=True)
class Triplets:
    """A video's supervised frames: ``frames uint8[N, h, w, 3]``, ``truth uint8[N, h, w]``, and what was propagated to
    each, ``propagated float16[N, 4, h, w]``: labels left and right, lengths left and right."""

    frames: Frames
    truth: NDArray[np.uint8]
    propagated: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.frames)


class Remembering:
    """A flow estimator that estimates each pair once; the spacings of one video ask for the same neighbours."""

    def __init__(self, estimator: FlowEstimator) -> None:
        self.estimator = estimator
        self._known: dict[tuple[int, int], NDArray[np.float16]] = {}

    def estimate(self, first: Frames, second: Frames) -> FlowField:
        """Flow ``float32[N, h, w, 2]`` px, kept in half precision."""
        return np.stack([self._one(a, b) for a, b in zip(first, second, strict=True)]).astype(np.float32)

    def _one(self, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float16]:
        key = hash(first.tobytes()), hash(second.tobytes())
        if key not in self._known:
            self._known[key] = self.estimator.estimate(first[None], second[None])[0].astype(np.float16)
        return self._known[key]


def triplets(
    video: VideoFiles, options: FgplgTraining, estimator: FlowEstimator, plugin: str, cache: Path, seed: int
) -> list[Triplets]:
    """The triplets of one video at every spacing; what was propagated is kept in ``cache`` as .npy files."""
    labelled = video.labelled[:: max(1, options.every)]
    if len(labelled) < 3:
        return []
    shape = read_rgb(video.frames[0]).shape
    size = working_size((shape[0], shape[1]), TUNING_PIXELS)
    frames = np.stack([_frame(path, size) for path in video.frames])
    masks = {t: mask_at(read_label(_mask(video, t)), size) for t in labelled}
    remembering = Remembering(estimator)
    made = []
    for gap in _gaps(options.gaps):
        apart = max(2, round(gap / max(1, options.every)))
        offset = int(np.random.default_rng([seed, gap, len(labelled)]).integers(min(apart, len(labelled))))
        kept = labelled[offset::apart]
        asked = [t for t in labelled if t not in kept]
        kind = f"{options.flow}-{options.route}-{options.every}-{gap}-{seed}-{size[1]}x{size[0]}"
        path = cache / f"{video.name}-{kind}.npy"
        if not path.exists():
            known = (LabelledFrame(t, video.frames[t].stem, frames[t], masks[t], _mask(video, t).name) for t in kept)
            labels = VideoLabels(tuple(known), ())
            route: Route = options.route  # type: ignore[assignment]
            clip = Clip(frames, tuple(path.stem for path in video.frames), video.name)
            propagated = propagate(clip, labels, remembering, plugin, route, only=asked)
            values = np.stack(
                [propagated.left, propagated.right, propagated.length_left, propagated.length_right], axis=1
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_path(path) as temporary, temporary.open("wb") as file:
                np.save(file, values.astype(np.float16))
        made.append(Triplets(frames[asked], np.stack([masks[t] for t in asked]), np.load(path, mmap_mode="r")))
    return made


def _gaps(text: str) -> list[int]:
    try:
        gaps = [int(part) for part in text.split(",")]
    except ValueError:
        gaps = []
    if not gaps or min(gaps) < 2:
        raise UsageError(f"training option gaps={text}: spacings in frames, as 6,14,28, each at least 2")
    return gaps


def _mask(video: VideoFiles, t: int) -> Path:
    path = video.masks[t]
    assert path is not None
    return path


def _frame(path: Path, size: tuple[int, int]) -> NDArray[np.uint8]:
    frame = read_rgb(path)
    shrinks = frame.shape[0] > size[0]
    return np.asarray(
        cv2.resize(frame, size[::-1], interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR), np.uint8
    )


class TripletBatches:
    """Batches of a step: ``inputs [N, 7, h, w]`` and ``truth [N, 1, h, w]``."""

    def __init__(self, sets: Sequence[Triplets], card: SpatialModelCard, options: FgplgTraining, seed: int) -> None:
        self.sets, self.card, self.options, self.seed = list(sets), card, options, seed
        sizes = np.sqrt([len(s) for s in self.sets])
        self._shares = sizes / sizes.sum()

    def batch(self, step: int) -> Batch:
        """What step ``step`` learns from; it depends on the step and the seed alone."""
        rng = np.random.default_rng([self.seed, 5, step])
        size = self.sets[0].truth.shape[1:]
        samples = [self._sample(rng, (int(size[0]), int(size[1]))) for _ in range(self.options.batch)]
        return {
            "inputs": torch.from_numpy(np.stack([s[0] for s in samples])),
            "truth": torch.from_numpy(np.stack([s[1] for s in samples])),
        }

    def _sample(self, rng: Generator, size: tuple[int, int]) -> tuple[Maps, Maps]:
        of = self.sets[int(rng.choice(len(self.sets), p=self._shares))]
        n = int(rng.integers(len(of)))
        view = random_view(of.truth.shape[1:], size, rng, least=0.65)
        frame = jitter_colour(view.take(of.frames[n]), rng) / 255
        mean, std = np.asarray(self.card.mean, np.float32), np.asarray(self.card.std, np.float32)
        image = ((frame - mean) / std).transpose(2, 0, 1)
        propagated = [view.take(np.asarray(values, np.float32)) for values in of.propagated[n]]
        left, right = (0, 2), (1, 3)
        if rng.random() < self.options.one_sided:
            left = right = (left, right)[int(rng.integers(2))]
        elif rng.random() < 0.5:  # the video the other way round
            left, right = right, left
        order = (left[0], right[0], left[1], right[1])
        inputs = np.concatenate([image, np.stack([propagated[i] for i in order])])
        return inputs.astype(np.float32), share(view.take(of.truth[n]))[None]


def start_light(network: PropagatedLabelNetwork, spatial: nn.Module) -> None:
    """Fill the encoder's stages from a ``LiteNetwork`` that knows what is salient."""
    encoder = spatial.get_submodule("encoder")
    network.stem[0].load_state_dict(encoder.get_submodule("conv_stem").state_dict())
    network.stem[1].load_state_dict(encoder.get_submodule("bn1").state_dict())
    for n, stage in enumerate(network.stages):
        stage.load_state_dict(encoder.get_submodule(f"blocks.{n}").state_dict())


def start_from(network: nn.Module, path: Path) -> int:
    """Fill what fits from a checkpoint; convolutions over fewer channels fill the first of ours. Returns how many fit.

    Raises:
        WeightsError: it cannot be read, or nothing of it fits.
    """
    given, own, filled = read_checkpoint(path), network.state_dict(), 0
    for name, tensor in own.items():
        other = given.get(name)
        if other is None or other.shape[:1] != tensor.shape[:1] or other.shape[2:] != tensor.shape[2:]:
            continue
        if other.ndim > 1 and other.shape[1] < tensor.shape[1]:
            tensor[:, : other.shape[1]].copy_(other)
        elif other.shape == tensor.shape:
            tensor.copy_(other)
        else:
            continue
        filled += 1
    if filled == 0:
        raise WeightsError(f"{path} holds no weights of this network; give a checkpoint of the same architecture")
    return filled


def train(
    network: nn.Module,
    batches: TripletBatches,
    options: FgplgTraining,
    folder: Path,
    say: Callable[[str], None],
    *,
    device: str = "cpu",
    resume: bool = False,
    workers: int = 0,
) -> dict[str, Tensor]:
    """Train to the end; returns the averaged weights."""
    network.to(device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    groups = [{"params": list(network.parameters()), "lr": options.rate}]
    if isinstance(network, PropagatedLabelNetwork):
        for fixed in (network.stem, network.stages[0], network.stages[1]):
            fixed.requires_grad_(False)
        freeze_batch_norm(network.stem)
        freeze_batch_norm(network.stages)
        encoder = [p for stage in list(network.stages)[2:] for p in stage.parameters()]
        known = {id(p) for p in [*encoder, *network.stem.parameters(), *network.stages.parameters()]}
        rest = [p for p in network.parameters() if id(p) not in known]
        groups = [{"params": encoder, "lr": options.encoder_rate}, {"params": rest, "lr": options.rate}]
    else:
        freeze_batch_norm(network)  # the paper's: batches of one cannot renew it
    optimizer = torch.optim.AdamW(groups, weight_decay=1e-4)
    loop = Loop(network, optimizer, Schedule(options.steps), batches.batch, _loss, folder, say, device, workers=workers)
    if resume:
        loop.resume()
    say(f"{sum(map(len, batches.sets))} triplets of {len(batches.sets)} videos and spacings")
    return loop.run()


def _loss(network: nn.Module, batch: Batch) -> Tensor:
    return structure_loss(network(batch["inputs"]).float(), batch["truth"])
