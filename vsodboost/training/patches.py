"""``vsodboost train patch-refiner``: a colour model that refines patches of salient objects (Chen et al., LIMVSOD,
2022, Sec. IV-A): trained on patches cut out of labelled images, as the paper does with MSRA10K.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from vsodboost.data.errors import UsageError
from vsodboost.ops.boxes import enclosing
from vsodboost.targets.image_motion import Feeding
from vsodboost.training.files import list_files
from vsodboost.training.loop import Batch, Loop, Schedule, freeze_batch_norm
from vsodboost.training.motion import MotionTraining, loss_of, starting_network
from vsodboost.training.paper import LabelledImage, mask_levels, picture
from vsodboost.training.recipe import TrainingRequest, read_settings
from vsodboost.weights.shipped import save_for_shipping

LEAST, MOST = -0.15, 0.5
"""How far a patch reaches beyond the object's box, of the box's sides: proposals cut objects, and hold ground."""
SMALLEST = 8
"""px; a smaller patch shows nothing."""


@dataclass(frozen=True)
class PatchTraining:
    """Options of ``train patch-refiner``: ``model`` is a target whose network learns, from its own weights, those of
    ``start``, or, with start=none, from scratch. ``rate`` 0 is the card's; ``side`` 0 the model's input size; ``steps``
    other than 0 replaces ``epochs``; ``loss`` is ``paper`` (Eq. 6: sums) or ``code`` (means)."""

    model: str = "cpd"
    start: str = ""
    epochs: int = 20
    steps: int = 0
    batch: int = 10
    rate: float = 0.0
    loss: str = "paper"
    side: int = 0


Box = tuple[int, int, int, int]


def patch_box(mask: NDArray[np.uint8], rng: Generator) -> Box | None:
    """Return a box about the object of a mask ``uint8[H, W]``, x0, y0, x1, y1 px, half-open: its own box with every
    side moved at random, as proposals lie. None where there is no object."""
    found = enclosing(mask)
    if found is None:
        return None
    y0, y1, x0, x1 = found[0].start, found[0].stop, found[1].start, found[1].stop
    left, up, right, down = rng.uniform(LEAST, MOST, 4)
    width, height = x1 - x0, y1 - y0
    box = (x0 - left * width, y0 - up * height, x1 + right * width, y1 + down * height)
    limits = (mask.shape[1], mask.shape[0])
    low = [int(np.clip(round(v), 0, limit - SMALLEST)) for v, limit in zip(box[:2], limits, strict=True)]
    high = [int(np.clip(round(v), a + SMALLEST, n)) for v, a, n in zip(box[2:], low, limits, strict=True)]
    return low[0], low[1], high[0], high[1]


class PatchBatches:
    """Patches as the model reads them: ``image`` [N, 3, h, w], ``truth`` [N, 1, h, w] in [0, 1]; half are mirrored."""

    def __init__(self, images: Sequence[LabelledImage], batch: int, seed: int, feeding: Feeding) -> None:
        self.images, self.size, self.seed, self.feeding = list(images), max(1, batch), seed, feeding
        self.steps_per_epoch = max(1, len(self.images) // self.size)

    def batch(self, step: int) -> Batch:
        """What step ``step`` learns from; it depends on the step and the seed alone."""
        rng = np.random.default_rng([self.seed, 7, step])
        frames: list[Tensor] = []
        truths: list[Tensor] = []
        while len(frames) < self.size:
            sample = self.images[int(rng.integers(len(self.images)))]
            mask = mask_levels(sample.mask)
            box = patch_box(mask, rng) if min(mask.shape) >= SMALLEST else None
            if box is None:
                continue
            x0, y0, x1, y1 = box
            turn = slice(None, None, -1 if rng.random() < 0.5 else 1)
            frames.append(self.feeding.images(np.ascontiguousarray(picture(sample.image)[y0:y1, x0:x1][:, turn])[None]))
            truth = torch.from_numpy(mask[y0:y1, x0:x1][:, turn].astype(np.float32) / 255)[None, None]
            truths.append(F.interpolate(truth, self.feeding.size, mode="bilinear", antialias=True))
        return {"image": torch.cat(frames), "truth": torch.cat(truths)}


def patch_refiner(request: TrainingRequest) -> Path:
    """``vsodboost train patch-refiner``: writes ``MODEL-patches.safetensors``, weights of the model's own network.

    Raises:
        UsageError: the model is no image model that can learn, or no image is labelled.
        WeightsError: the model's own weights are missing, or ``start`` is of another network.
    """
    options = read_settings(PatchTraining, request.options)
    if options.loss not in ("paper", "code"):
        raise UsageError(f"training option loss={options.loss}: it is paper or code")
    card = request.plugins.card("targets", options.model)
    network = starting_network(request, MotionTraining(model=options.model, start=options.start), card)
    rate = options.rate or card.learning_rate
    if not rate:
        raise UsageError(f"the card of '{options.model}' names no learning rate; give --option rate=1e-5")
    files = list_files(request.data, request.folder / "masks", request.read)
    pairs = [LabelledImage(*pair) for pair in files.stills]
    for video in files.videos:
        pairs += [LabelledImage(f, m) for f, m in zip(video.frames, video.masks, strict=True) if m is not None]
    pairs = [pair for pair in pairs if mask_levels(pair.mask).any()]
    if not pairs:
        raise UsageError("train patch-refiner needs labelled images with an object in them")
    request.say(f"{options.model}: patches of {len(pairs)} labelled images")
    feeding = Feeding.of(options.model, card, options.side)
    data = PatchBatches(pairs, options.batch, request.seed, feeding)
    freeze_batch_norm(network.requires_grad_(True).train())
    steps = options.steps or options.epochs * data.steps_per_epoch
    loop = Loop(
        network, torch.optim.Adam(network.parameters(), lr=rate), Schedule(steps, warmup=0), data.batch,
        loss_of(feeding, options.loss), request.folder, request.say, request.device, average=0.0,
        clip=float("inf"), workers=request.workers,
    )  # fmt: skip
    if request.resume:
        loop.resume()
    path = request.folder / f"{options.model}-patches.safetensors"
    save_for_shipping(loop.run(), path)
    return path
