"""``vsodboost labels generate``: dense pseudo-labels for a data set of which a few frames are labelled (Yan et al.,
FGPLG, 2019, Sec. 3.3 and 4.4).

Every l-th label of a sequence is kept; between two of them m pseudo-labels are made. What comes out is a data set like
any other, of labels and pseudo-labels, for ``vsodboost train rcrnet`` or another trainer.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.labels.labelled_frames import VideoLabels, read_video_labels
from vsodboost.boosters.labels.propagation import Route, propagate
from vsodboost.boosters.labels.pseudo_labels import CHANNELS, Generator
from vsodboost.boosters.labels.reading import LabelArrays
from vsodboost.data.errors import UsageError
from vsodboost.data.types import Clip
from vsodboost.io.atomic import atomic_path, write_png
from vsodboost.io.buffers import buffers
from vsodboost.io.frame_folder import FrameFolder
from vsodboost.networks.label_refinement import PropagatedLabelNetwork
from vsodboost.ops.resize import resize_frames, resize_maps, working_size
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import FlowEstimator, Request
from vsodboost.training.files import VideoFiles
from vsodboost.training.masks import read_mask
from vsodboost.weights.matching import fit
from vsodboost.weights.reading import read_checkpoint

IMAGES, LABELS = "JPEGImages", "Annotations"


@dataclass(frozen=True)
class Density:
    """Which labels there are: every ``every``-th is kept (l), and ``between`` pseudo-labels are made between two of
    them (m; None: on every frame that has no label)."""

    every: int = 5
    between: int | None = 1


def generator(registry: Registry, name: str, weights: Path | None, device: str) -> Generator:
    """Return the network ``name`` that makes pseudo-labels, with its own weights or those in a file of ``weights``.

    Raises:
        UsageError: it reads other than seven channels.
        WeightsError: it has no weights, or the file is of another network.
    """
    card = registry.card("spatial_models", name)
    if card.channels != CHANNELS:
        raise UsageError(f"network {name}: it reads {card.channels} channels, not {CHANNELS}; fgplg does")
    if weights is None:
        return Generator(registry.build("spatial_models", name, Request(device=device))[0], card, device)
    network = PropagatedLabelNetwork() if card.weights is None else card.weights.build()
    network.load_state_dict(fit(read_checkpoint(weights), network.state_dict(), what=f"{weights} for '{name}'"))
    return Generator(network.float(), card, device)


@dataclass(frozen=True)
class Labelled:
    """Frame ``index`` of its video and its mask ``uint8[H, W]``: a label, 0 or 255 as it was given, or a soft
    pseudo-label."""

    index: int
    mask: NDArray[np.uint8]
    is_pseudo: bool


@dataclass(frozen=True)
class Counts:
    """What was made of one sequence."""

    video: str
    frames: int
    labels: int
    pseudo_labels: int


@dataclass(frozen=True)
class PseudoLabeller:
    """Makes pseudo-labels by ``network``'s reading of labels that ``flow`` carries along ``route``; ``plugin`` is what
    errors call the flow estimator."""

    network: Generator
    flow: FlowEstimator
    plugin: str
    route: Route = "direct"

    def labels(self, video: VideoFiles, density: Density) -> Iterator[Labelled]:
        """Yield the labels that are kept and the pseudo-labels between them, in the order of the frames.

        A pseudo-label has the size of its frame. Nothing is carried over a cut.

        Raises:
            InputError: a frame or mask cannot be read.
            PluginError: the flow estimator failed.
        """
        kept = {t: read_mask(_file(video, t)) for t in video.labelled[:: density.every]}
        if not kept:
            return
        source = FrameFolder(video.frames[0].parent, name=video.name, files=video.frames)
        known = read_video_labels(source, LabelArrays(kept))
        for clip in buffers(source):
            made = self._pseudo_labels(clip, known, density.between)
            for t in range(clip.first, clip.first + len(clip)):
                if t in kept:
                    yield Labelled(t, kept[t], is_pseudo=False)
                elif t in made:
                    yield Labelled(t, made[t], is_pseudo=True)

    def _pseudo_labels(self, clip: Clip, known: VideoLabels, between: int | None) -> dict[int, NDArray[np.uint8]]:
        """Return the pseudo-labels of a buffer by the index of their frame."""
        places = range(len(clip))
        asked = [t for t in places if between is None or known.is_between(clip.first + t, between)]
        if not asked:
            return {}
        frames = resize_frames(clip.frames, working_size(clip.size))
        small = Clip(frames, clip.names, clip.video, clip.first)
        propagated = propagate(small, known, self.flow, self.plugin, self.route, only=asked)
        if len(propagated) == 0:
            return {}
        maps = resize_maps(self.network.pseudo_labels(frames[propagated.indices], propagated), clip.size)
        levels = np.rint(np.clip(maps, 0, 1) * 255).astype(np.uint8)
        return {clip.first + int(t): level for t, level in zip(propagated.indices, levels, strict=True)}


def _file(video: VideoFiles, t: int) -> Path:
    path = video.masks[t]
    assert path is not None
    return path


def write_labels(video: VideoFiles, labels: Iterator[Labelled], out: Path) -> Counts:
    """Write a sequence as ``<out>/JPEGImages/<video>`` and ``<out>/Annotations/<video>``: all its frames, linked where
    the disk allows that, and its labels.

    Raises:
        VsodboostError: the disk is full, or cannot be written.
    """
    counted = {False: 0, True: 0}
    for label in labels:
        write_png(out / LABELS / video.name / f"{video.frames[label.index].stem}.png", label.mask)
        counted[label.is_pseudo] += 1
    if counted[False]:
        put_frames(video.frames, out / IMAGES / video.name)
    return Counts(video.name, len(video.frames), counted[False], counted[True])


def put_frames(frames: Sequence[Path], folder: Path) -> None:
    """Put frames into a folder: as links to the same files, else as copies."""
    folder.mkdir(parents=True, exist_ok=True)
    for frame in frames:
        there = folder / frame.name
        there.unlink(missing_ok=True)
        try:
            os.link(frame.resolve(), there)
        except OSError:  # another disk, or one that knows no links
            with atomic_path(there) as temporary:
                shutil.copyfile(frame, temporary)
