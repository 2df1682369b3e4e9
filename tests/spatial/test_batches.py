"""A device that runs out of memory gets smaller batches, and the user hears of it."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vsodboost.data.cards import SpatialModelCard
from vsodboost.data.errors import PluginError
from vsodboost.spatial.student import Student


class Narrow(nn.Module):
    """A network for whose device more than ``fits`` frames are too many: what is bright is salient."""

    def __init__(self, fits: int) -> None:
        super().__init__()
        self.fits, self.seen = fits, list[int]()

    def forward(self, images: Tensor) -> Tensor:
        """``[N, 3, h, w]`` -> logits ``[N, 1, h, w]``."""
        self.seen.append(len(images))
        if len(images) > self.fits:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        return images.mean(dim=1, keepdim=True)


def frames(count: int = 10) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3)).astype(np.uint8)


def test_the_batch_is_halved_until_it_fits_and_stays_so(caplog: pytest.LogCaptureFixture) -> None:
    card = SpatialModelCard("narrow")
    wanted = Student(Narrow(99), card, batch=8).predict(frames())
    network = Narrow(3)
    student = Student(network, card, batch=8, name="spatial model 'narrow'")
    with caplog.at_level(logging.WARNING, "vsodboost"):
        np.testing.assert_array_equal(student.predict(frames()), wanted)
    assert network.seen == [8, 4, 2, 2, 2, 2, 2]
    assert caplog.messages == [
        f"vsodboost: spatial model 'narrow': not enough memory for {a} frames at once; it goes on with {b}"
        for a, b in ((8, 4), (4, 2))
    ]
    network.seen.clear()
    student.predict(frames(4))
    assert network.seen == [2, 2]


def test_a_device_that_holds_not_even_one_frame_is_an_error() -> None:
    with pytest.raises(PluginError, match="spatial model ran out of memory on frames; try a smaller --buffer"):
        Student(Narrow(0), SpatialModelCard("narrow"), batch=2).predict(frames(2))


def test_windows_are_not_cut(caplog: pytest.LogCaptureFixture) -> None:
    student = Student(Narrow(2), SpatialModelCard("narrow", window=4))
    with pytest.raises(PluginError, match="ran out of memory"):
        student.predict(frames(4))
    assert caplog.messages == []
