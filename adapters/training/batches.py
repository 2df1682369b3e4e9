"""From training files to batches: reading, resizing, normalising, and an order that depends on the step alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from vsodboost.data.cards import IMAGENET_MEAN, IMAGENET_STD
from vsodboost.data.errors import UsageError
from vsodboost.training.masks import read_mask


class Shuffled:
    """Epochs in random order: which of ``count`` samples a step's batch holds, from the seed and the step alone."""

    def __init__(self, count: int, batch: int, seed: int) -> None:
        if count < 1 or batch < 1:
            raise UsageError(f"cannot train on {count} samples in batches of {batch}")
        self._count, self._batch, self._seed = count, batch, seed
        self.steps_per_epoch = max(1, count // batch)

    def at(self, step: int) -> list[int]:
        """``batch`` indices; every sample comes at most once an epoch, as long as there are enough of them."""
        epoch, place = divmod(step, self.steps_per_epoch)
        order = np.random.default_rng([self._seed, epoch]).permutation(self._count)
        return [int(order[(place * self._batch + i) % self._count]) for i in range(self._batch)]


def read_image(path: Path) -> NDArray[np.uint8]:
    """An RGB image ``uint8[H, W, 3]``; raises UsageError naming a file that cannot be read."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise UsageError(f"{path}: cannot be read as an image; remove or replace it")
    return np.asarray(image[:, :, ::-1], np.uint8)


def scaled(image: NDArray[np.uint8], size: int) -> Tensor:
    """``uint8[H, W]`` or ``[H, W, 3]`` as ``float32[C, size, size]`` in [0, 1]; averages areas when it shrinks."""
    shrinks = min(image.shape[:2]) > size
    small = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    values = small.reshape(size, size, -1).transpose(2, 0, 1).astype(np.float32) / 255
    return torch.from_numpy(values)


def normalised(image: Tensor) -> Tensor:
    """``float32[..., 3, h, w]`` in [0, 1] minus ImageNet's mean, over its standard deviation."""
    mean, std = (image.new_tensor(values)[:, None, None] for values in (IMAGENET_MEAN, IMAGENET_STD))
    return (image - mean) / std


def labelled_image(image: Path, mask: Path, size: int) -> tuple[Tensor, Tensor]:
    """A normalised image ``[3, size, size]`` and its truth ``[1, size, size]`` in [0, 1], soft at the edges."""
    return normalised(scaled(read_image(image), size)), scaled(read_mask(mask), size)


def mean_bce(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross entropy of logits against truth in [0, 1], the mean over all pixels; in full precision also under AMP."""
    return F.binary_cross_entropy_with_logits(logits.float(), truth)


def windows(labelled: Sequence[int], length: int, stride: int) -> list[tuple[int, ...]]:
    """Clips of ``length`` consecutive labelled frames every ``stride``; the last ends with the last frame.

    Fewer frames than ``length`` make one clip that repeats the last.
    """
    if not labelled:
        return []
    if len(labelled) <= length:
        return [tuple(labelled) + (labelled[-1],) * (length - len(labelled))]
    last = len(labelled) - length
    starts = [*range(0, last, stride), last]
    return [tuple(labelled[start : start + length]) for start in starts]
