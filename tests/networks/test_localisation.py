"""The localisation network of MQP: sizes, torchvision's keys, and that every part of it has a say."""

from __future__ import annotations

import pytest
import torch

from vsodboost.networks.localisation import DILATIONS, LocalisationNetwork, resized
from vsodboost.weights.matching import fit


def small(side: int | None = 32) -> LocalisationNetwork:
    torch.manual_seed(0)
    return LocalisationNetwork(width=4, base=2, side=side).eval()


@pytest.mark.parametrize("size", [(32, 32), (48, 80), (17, 23)])
def test_maps_have_the_size_of_the_images(size: tuple[int, int]) -> None:
    assert small()(torch.rand(2, 3, *size)).shape == (2, 1, *size)
    assert small(None)(torch.rand(1, 3, *size)).shape == (1, 1, *size)


def test_images_are_squashed_to_the_side() -> None:
    network = small()
    assert network.decoded(torch.rand(1, 3, 64, 96)).shape == (1, 4, 8, 8)  # stride 4
    assert [x.shape[-1] for x in network.encoder(torch.rand(1, 3, 32, 32))] == [32, 16, 8, 4, 2]


def test_a_network_trained_at_another_side_is_run_at_it() -> None:
    trained, loaded = small(), small()
    assert int(trained.trained_side) == 0
    trained.side = 64
    loaded.load_state_dict(trained.state_dict())
    assert loaded.side == 64
    assert loaded.decoded(torch.rand(1, 3, 32, 32)).shape[-1] == 16  # stride 4
    older = {name: value for name, value in small().state_dict().items() if name != "trained_side"}
    loaded.load_state_dict(fit(older, loaded.state_dict(), what="a file from before"))
    assert loaded.side == 32


def test_the_encoder_is_vgg_16_with_the_keys_of_torchvision() -> None:
    with torch.device("meta"):
        encoder = LocalisationNetwork().encoder
    shapes = {name: tuple(value.shape) for name, value in encoder.state_dict().items()}
    layers = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]
    assert list(shapes) == [f"features.{i}.{kind}" for i in layers for kind in ("weight", "bias")]
    assert shapes["features.0.weight"] == (64, 3, 3, 3)
    assert shapes["features.28.weight"] == (512, 512, 3, 3)


def test_the_last_three_stages_pass_dilated_attention() -> None:
    network = small()
    assert len(network.attention) == 3
    for module in network.attention:
        assert tuple(scale[0].dilation[0] for scale in module.scales) == DILATIONS == (2, 4, 6, 8)
    network(torch.rand(1, 3, 32, 32)).sum().backward()
    assert [n for n, p in network.named_parameters() if p.grad is None] == []


def test_attention_can_shut_features_out() -> None:
    module = small().attention[0]
    torch.nn.init.zeros_(module.attention.weight)
    torch.nn.init.constant_(module.attention.bias, -30.0)
    assert module(torch.rand(1, 8, 8, 8)).abs().max() < 1e-6


def test_shrinking_averages_as_pillow_does() -> None:
    stripes = torch.tensor([0.0, 1.0]).repeat(1, 1, 8, 8)
    shrunk = resized(stripes, (8, 4))[..., 1:-1]
    assert torch.allclose(shrunk, torch.full_like(shrunk, 0.5), atol=0.02)
    assert resized(stripes, (8, 16)) is stripes
