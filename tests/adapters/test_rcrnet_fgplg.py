"""The paper's network for pseudo-labels."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor
from vsodboost_adapters import rcrnet_fgplg
from vsodboost_adapters.networks.rcrnet import build_network
from vsodboost_adapters.networks.rcrnet_fgplg import PseudoLabelNetwork
from vsodboost_adapters.rcrnet_fgplg import CARD, without_flow

from vsodboost.data.errors import WeightsError
from vsodboost.registry.discovery import Registry, hookspecs
from vsodboost.registry.interfaces import Request
from vsodboost.training.fgplg import start_from
from vsodboost.weights import catalogue


def test_its_stem_has_seven_channels_and_its_keys_are_the_released_ones() -> None:
    with torch.device("meta"):
        state = PseudoLabelNetwork().state_dict()
        image = build_network("image").state_dict()
    assert tuple(state["backbone.resnet.conv1.weight"].shape) == (64, 7, 7, 7)
    assert set(state) == set(image)
    assert CARD.channels == 7
    released: dict[str, Tensor] = {**state, "flownet.flownetc.conv1.0.weight": torch.zeros(1)}
    assert set(without_flow(released)) == set(state)


def test_logits_have_the_inputs_size_and_depend_on_the_carried_labels() -> None:
    torch.manual_seed(0)
    network = PseudoLabelNetwork().eval()
    inputs = torch.rand(1, 7, 32, 48)
    with torch.inference_mode():
        logits = network(inputs)
        inputs[:, 3] = inputs[:, 3].flip(-1)
        other = network(inputs)
    assert logits.shape == (1, 1, 32, 48)
    assert not torch.equal(logits, other)


def test_the_image_network_fills_it_but_for_the_four_new_channels(tmp_path: Path) -> None:
    torch.manual_seed(1)
    image = build_network("image").state_dict()
    torch.save(image, tmp_path / "image.pth")
    network = PseudoLabelNetwork()
    assert start_from(network, tmp_path / "image.pth") == len(image)
    assert torch.equal(network.backbone.resnet.conv1.weight[:, :3], image["backbone.resnet.conv1.weight"])
    assert network.backbone.resnet.conv1.weight[:, 3:].std() > 0


def test_it_registers_and_asks_for_its_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VSODBOOST_HOME", str(tmp_path))
    monkeypatch.setattr(catalogue, "sources", lambda registry=None: {"fgplg-rcrnet": CARD.weights})
    registry = Registry()
    registry.manager.add_hookspecs(hookspecs)
    registry.add(rcrnet_fgplg, "spatial-fgplg-rcrnet")
    with pytest.raises(WeightsError, match="fgplg-rcrnet"):
        registry.build("spatial_models", "fgplg-rcrnet", Request())
