"""Losses with answers worked out by hand."""

from __future__ import annotations

import pytest
import torch

from vsodboost.spatial.losses import euclidean_loss


def test_euclidean_loss_is_equation_8_of_paper_002() -> None:
    maps = torch.tensor([[[[0.5, 1.0], [0.0, 0.25]]], [[[1.0, 0.0], [0.0, 0.0]]]])
    truth = torch.tensor([[[[1.0, 1.0], [0.5, 0.25]]], [[[0.0, 0.0], [0.0, 0.0]]]])
    # frame 1: .25 + 0 + .25 + 0 = .5; frame 2: 1; together 1.5 / (2 · 2)
    assert euclidean_loss(maps, truth).item() == pytest.approx(0.375)
