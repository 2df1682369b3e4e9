"""The seven channels, and the networks that read them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vsodboost.boosters.labels.propagation import Propagated
from vsodboost.boosters.labels.pseudo_labels import CHANNELS, Generator, seven_channels
from vsodboost.data.cards import SpatialModelCard
from vsodboost.networks.label_refinement import PropagatedLabelNetwork


def propagated(count: int, size: tuple[int, int] = (32, 64)) -> Propagated:
    """Arrivals that can be known apart."""
    maps = [np.full((count, *size), value, np.float32) for value in (0.1, 0.2, 0.3, 0.4)]
    return Propagated(np.arange(count), *maps, np.ones(count, np.float32))


def test_channels_are_frame_labels_and_lengths() -> None:
    frames = np.zeros((2, 32, 64, 3), np.uint8)
    frames[..., 1] = 255
    channels = seven_channels(frames, propagated(2), (0.5, 0.5, 0.5), (0.5, 0.5, 0.25))
    assert channels.shape == (2, CHANNELS, 32, 64)
    assert channels[0, :, 0, 0].tolist() == pytest.approx([-1, 1, -2, 0.1, 0.2, 0.3, 0.4])


def test_pseudo_labels_are_probabilities_whatever_the_batch() -> None:
    class Sum(nn.Module):
        def forward(self, inputs: Tensor) -> Tensor:
            assert inputs.shape[1] == 7
            return inputs[:, 3:5].sum(dim=1, keepdim=True) - 0.3

    card = SpatialModelCard(summary="sum", channels=7)
    frames = np.zeros((5, 32, 64, 3), np.uint8)
    maps = Generator(Sum(), card, "cpu", batch=2).pseudo_labels(frames, propagated(5))
    assert maps.shape == (5, 32, 64)
    assert maps == pytest.approx(np.full((5, 32, 64), 0.5))


def test_light_network_has_the_frames_size_and_uses_every_channel() -> None:
    torch.manual_seed(0)
    network = PropagatedLabelNetwork().eval()
    inputs = torch.rand(1, 7, 48, 80)
    with torch.inference_mode():
        logits = network(inputs)
        assert logits.shape == (1, 1, 48, 80)
        for channel in range(7):
            other = inputs.clone()
            other[:, channel] = other[:, channel].flip(-1)
            assert not torch.equal(network(other), logits)
    assert sum(p.numel() for p in network.parameters()) * 2 < 4e6  # bytes in half precision, as it ships
