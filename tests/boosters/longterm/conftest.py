"""What several tests start from: a pool of proposals and what mining makes of it, and a ResNet-18 with drawn
weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from vsodboost.boosters.longterm.mining import MinedProposals, learn_about
from vsodboost.boosters.longterm.proposals import ProposalPool, ProposalPoolBuilder
from vsodboost.boosters.longterm.settings import LongtermSettings
from vsodboost.data.types import Proposals
from vsodboost.networks.torchvision_import import ensure_torchvision


@pytest.fixture
def pool() -> ProposalPool:
    """Two proposals a frame, of twenty: a moving one whose features lie about (1, 0), a static one about (0, 1)."""
    rng = np.random.default_rng(0)
    builder = ProposalPoolBuilder()
    for t in range(20):
        boxes = np.array([[8, 8, 24, 24], [40, 8, 56, 24]], np.float32)
        features = np.array([[1, 0], [0, 1]]) + rng.normal(size=(2, 2)) * 0.02
        builder.add(
            t,
            Proposals(boxes, np.array([0.9, 0.5], np.float32)),
            np.array([0.8, 0.05], np.float32),
            features.astype(np.float32),
        )
    built = builder.build()
    assert built is not None
    return built


@pytest.fixture
def mined(pool: ProposalPool) -> MinedProposals:
    """The pool in two clusters, mined with the classifier."""
    return learn_about(pool, LongtermSettings(clusters=2))


@pytest.fixture(scope="session")
def resnet18() -> nn.Module:
    """timm's ResNet-18 with all its layers; nobody may train it."""
    ensure_torchvision()
    import timm

    with torch.random.fork_rng():
        torch.manual_seed(0)
        network: nn.Module = timm.create_model("resnet18", pretrained=False)
    return network.eval()


@pytest.fixture(scope="session")
def resnet18_file(resnet18: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its weights in a file."""
    path = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    torch.save(resnet18.state_dict(), path)
    return path
