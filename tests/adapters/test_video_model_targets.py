"""What MGA, RCRNet, DS-Net and SSAV register, and how they are fed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from vsodboost_adapters import dsnet, mga, rcrnet, ssav
from vsodboost_adapters.networks import ssav_blobs

from vsodboost.data.cards import TargetCard
from vsodboost.weights.reading import read_checkpoint

NAMES = ["mga", "dsnet", "rcrnet", "rcrnet-image", "ssav"]


@pytest.fixture(scope="module")
def cards() -> dict[str, TargetCard]:
    found: dict[str, TargetCard] = {}

    def register(name: str, factory: Any, card: TargetCard) -> None:
        assert callable(factory)
        found[name] = card

    for module in (mga, dsnet, rcrnet, ssav):
        module.vsodboost_register_targets(register)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_card_builds_the_network_that_the_weights_must_fit(cards: dict[str, TargetCard], name: str) -> None:
    source = cards[name].weights
    assert source is not None and source.build is not None and source.url is None
    with torch.device("meta"):
        shapes = source.build().state_dict()
    assert sum(value.numel() for value in shapes.values()) > 40_000_000
    assert cards[name].paper and cards[name].licence and source.published


class Spy(nn.Module):
    """Answers with what it was given."""

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        self.seen = inputs
        return (inputs[0][:, :1],)


def test_ssav_gets_mean_free_bgr_pixels_of_0_to_255(cards: dict[str, TargetCard]) -> None:
    card, spy = cards["ssav"], Spy()
    pixels = torch.tensor([255.0, 128.0, 0.0])  # R, G, B
    mean, std = (torch.tensor(values) for values in (card.mean, card.std))
    normalised = ((pixels / 255 - mean) / std)[None, :, None, None].expand(3, 3, 2, 2)
    ssav.predict(spy, normalised)
    blue_green_red = spy.seen[0][0, :, 0, 0]
    expected = torch.tensor([0 - 104.00698793, 128 - 116.66876762, 255 - 122.67891434])
    torch.testing.assert_close(blue_green_red, expected, rtol=1e-5, atol=1e-3)


def test_a_caffemodel_is_found_by_the_reader_of_the_card(cards: dict[str, TargetCard], tmp_path: Path) -> None:
    from caffe_writer import caffemodel

    source = cards["ssav"].weights
    assert source is not None and source.reader is not None and source.build is not None
    with torch.device("meta"):
        wanted = source.build().state_dict()
    # Zeros but for one blob: 250 MB of random numbers would cost a minute.
    blobs = {caffe: np.zeros(tuple(wanted[ours].shape), np.float32) for caffe, ours in ssav_blobs.blob_names()}
    blobs["conv7/1"] = np.array([0.25, -4.0], np.float32)
    path = tmp_path / "SSAV.caffemodel"
    path.write_bytes(caffemodel(blobs))
    state = read_checkpoint(path, source.reader)
    assert {name: value.shape for name, value in state.items()} == {k: v.shape for k, v in wanted.items()}
    assert state["conv7.bias"].tolist() == [0.25, -4.0]
