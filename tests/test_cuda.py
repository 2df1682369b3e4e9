"""On a CUDA device: the maps that a CPU gives, but for the last digits, and less at once where memory ends."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import torch
from formula_networks import settled
from moving_square import square_video
from vsodboost_plugins.flow.network_estimator import NetworkEstimator

import vsodboost
from vsodboost.data.cards import SpatialModelCard
from vsodboost.data.types import Frames
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import Request
from vsodboost.spatial.student import Student

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


@pytest.fixture
def frames() -> Frames:
    return square_video(12)[0]


def bright(frames: Frames) -> Any:
    """A target: bright is salient."""
    return frames.max(axis=3) / 255


def test_a_boost_gives_what_the_cpu_gives(frames: Frames) -> None:
    there, here = (vsodboost.boost(frames, bright, device=device, steps=4) for device in ("cuda", "cpu"))
    assert np.abs(there.maps - here.maps).mean() < 0.01
    assert np.abs(there.trust - here.trust).max() < 0.05
    assert there.flags == here.flags


@pytest.mark.parametrize("booster", ["longterm", "keyframe", "labels"])
def test_every_booster_runs(booster: str, frames: Frames) -> None:
    labels = {0: bright(frames)[0] > 0.5} if booster == "labels" else None
    result = vsodboost.boost(frames, bright, device="cuda", booster=booster, labels=labels, steps=2)
    assert np.isfinite(result.maps).all() and result.maps.shape == frames.shape[:3]


@pytest.mark.parametrize("name", ["spynet", "pwcnet", "liteflownet", "flownet2"])
def test_flow_networks_agree(name: str, frames: Frames) -> None:
    plugin = import_module(f"vsodboost_plugins.flow.{name}")
    network = settled(plugin.WEIGHTS.build(), gain=0.5)
    flows = [
        NetworkEstimator(network, plugin.RECIPE, device).estimate(frames[:2], frames[1:3]) for device in ("cuda", "cpu")
    ]
    assert np.abs(flows[0] - flows[1]).mean() <= 0.02 * max(1.0, float(np.abs(flows[1]).mean()))


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Of the device's memory about 600 MB may be taken."""
    torch.cuda.empty_cache()
    share = 600e6 / torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(share)
    yield
    torch.cuda.set_per_process_memory_fraction(1.0)
    torch.cuda.empty_cache()


class Wide(torch.nn.Module):
    """Takes 64 floats a pixel."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.mean(1, keepdim=True).float().repeat(1, 64, 1, 1).cumsum(1)[:, -1:] / 64


@pytest.mark.usefixtures("little_memory")
def test_where_memory_ends_fewer_frames_go_at_once(caplog: pytest.LogCaptureFixture) -> None:
    card = SpatialModelCard(summary="wide", learning_rate=1e-4)
    pictures = np.random.default_rng(0).integers(0, 255, (16, 288, 512, 3), np.uint8)
    with caplog.at_level(logging.WARNING, "vsodboost"):
        maps = Student(Wide(), card, "cuda", batch=16).predict(pictures)
    assert "not enough memory for 16 frames at once" in caplog.text
    alone = Student(Wide(), card, "cuda", batch=1).predict(pictures[5:6])
    np.testing.assert_allclose(maps[5:6], alone, atol=2e-3)


def test_lite_as_a_target_runs_there(frames: Frames) -> None:
    registry, clip = Registry.load(), vsodboost.Clip(frames, tuple(f"{t:05d}" for t in range(len(frames))), "square")
    there, here = (
        registry.build("targets", "lite", Request(device=device))[0].predict(clip) for device in ("cuda", "cpu")
    )
    assert np.abs(there - here).mean() < 5e-3
