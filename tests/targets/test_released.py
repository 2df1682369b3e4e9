"""A target that is a network and its authors' file: built by its card, filled by name, fed as it is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vsodboost.data.cards import TargetCard, WeightsSource
from vsodboost.data.errors import WeightsError
from vsodboost.data.types import Clip
from vsodboost.registry.interfaces import Request
from vsodboost.targets.network_target import NetworkTarget
from vsodboost.targets.released import released_network
from vsodboost.weights import store

SOURCE = WeightsSource(file="grey.pth", published="here", licence="yours", build=lambda: nn.Conv2d(3, 1, 1, bias=False))
CARD = TargetCard(summary="a weighted sum of the colours", mean=(0.0,) * 3, std=(1.0,) * 3, weights=SOURCE)


def halved(network: nn.Module, frames: Tensor, flow_images: Tensor | None) -> Tensor:
    assert flow_images is None
    half: Tensor = network(frames) / 2
    return half


def test_it_has_the_stored_weights_and_is_fed_as_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VSODBOOST_HOME", str(tmp_path))
    card = replace(CARD, output="probabilities")
    make = released_network("grey", card, forward=halved)
    with pytest.raises(WeightsError, match="grey: no weights yet"):
        make(Request())
    file = tmp_path / "grey.pth"
    torch.save({}, file)
    store.put_tensors("grey", {"weight": torch.tensor([0.5, 0.25, 0.25])[None, :, None, None]}, file, SOURCE)
    target = make(Request())
    assert isinstance(target, NetworkTarget) and target.card is card
    frames = np.full((2, 4, 5, 3), (255, 0, 51), np.uint8)
    np.testing.assert_allclose(target.predict(Clip(frames, ("0", "1"), "flat")), (0.5 + 0.25 * 0.2) / 2, rtol=1e-6)


@pytest.mark.parametrize("source", [None, replace(SOURCE, build=None)])
def test_a_card_without_a_network_is_refused_when_it_registers(source: WeightsSource | None) -> None:
    with pytest.raises(TypeError, match="the card of 'grey' names no network"):
        released_network("grey", replace(CARD, weights=source))
