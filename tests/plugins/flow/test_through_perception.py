"""Every estimator, found by name, through perception: odd sizes, videos of one and of two frames."""

from pathlib import Path

import numpy as np
import pytest
import torch
from moving_pattern import pattern

from vsodboost.data.types import Clip
from vsodboost.perception.motion_model import CameraResidual
from vsodboost.perception.perceive import perceive
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import Request


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


@pytest.mark.parametrize("frames", [1, 2])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("dis", {}),
        ("farneback", {}),
        ("spynet", {}),
        ("pwcnet", {}),
        ("liteflownet", {}),
        ("raft-small", {"updates": "1"}),
        ("flow", {"fill": "dis"}),
    ],
)
def test_videos_of_one_and_two_odd_frames(
    registry: Registry, name: str, options: dict[str, str], frames: int, tmp_path: Path
) -> None:
    source = registry.card("flows", name).weights
    if source is not None:
        torch.manual_seed(0)
        torch.save(source.build().state_dict(), tmp_path / "weights.pt")
        options = {**options, "weights": str(tmp_path / "weights.pt")}
    spec = f"flow:{tmp_path / 'cache'}" if name == "flow" else name
    estimator, _ = registry.build("flows", spec, Request(options=options))
    shot = Clip(np.stack([pattern(45, 67, n) for n in range(frames)]), tuple("ab"[:frames]), "odd")
    cues = perceive(estimator, CameraResidual(), shot, f"flow '{name}'")
    assert cues.flow.shape == (frames, 45, 67, 2) and np.isfinite(cues.flow).all()
    assert cues.maps.shape == (frames, 45, 67) and (cues.flow.any() or frames == 1)
