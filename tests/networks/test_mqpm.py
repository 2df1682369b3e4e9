"""The light MQPM's shapes, and λ by hand."""

from __future__ import annotations

import pytest
import torch

from vsodboost.networks.mqpm import MotionQualityNetwork, quality_threshold


def test_shapes_and_gradients() -> None:
    network = MotionQualityNetwork()
    out = network(torch.randn(2, 3, 64, 96))
    assert out.logits.shape == (2, 1, 64, 96)
    assert out.high.shape == out.score.shape == (2,)
    out.logits.sum().backward()
    assert network.encoder.conv_stem.weight.grad is not None


def test_quality_does_not_disturb_the_localisation() -> None:
    network = MotionQualityNetwork()
    out = network(torch.randn(2, 3, 64, 64))
    (out.high + out.score).sum().backward()
    assert network.encoder.conv_stem.weight.grad is None


def test_threshold_by_hand() -> None:
    # λ0 = .5: mean of {.6, .7, .9} = .7333 -> λ1 = .6167; mean of {.7, .9} = .8 -> λ2 = .65; {.7, .9} again: fixed.
    assert quality_threshold([0.3, 0.6, 0.7, 0.9]) == pytest.approx(0.65)


def test_threshold_without_good_frames_stays() -> None:
    assert quality_threshold([0.1, 0.2]) == 0.5
    assert quality_threshold([]) == 0.5
