"""The flow networks: published keys and numbers, gradients, other layouts of keys."""

from collections.abc import Iterator
from importlib import import_module

import pytest
import torch
from parity import Parity, check_network
from torch import nn
from vsodboost_plugins.flow import liteflownet, pwcnet, raft, spynet
from vsodboost_plugins.flow.networks import pwcnet as pwcnet_network
from vsodboost_plugins.flow.recipe import Recipe

from vsodboost.networks.torchvision_import import ensure_torchvision


@pytest.mark.parametrize("name", ["spynet", "spynet_small", "pwcnet", "liteflownet", "flownet2"])
def test_numbers_equal_those_of_the_published_network(name: str) -> None:
    module = import_module(f"vsodboost_plugins.flow.{name.partition('_')[0]}")
    check_network(name, module.build_network())


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    torch.manual_seed(0)
    yield


def pictures(*size: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.rand(2, 3, *size), torch.rand(2, 3, *size)


@pytest.mark.parametrize(
    ("network", "recipe", "size", "reduction"),
    [
        (spynet.build_network, spynet.RECIPE, (32, 64), 1),
        (pwcnet.build_network, pwcnet.RECIPE, (64, 128), 4),
        (liteflownet.build_network, liteflownet.RECIPE, (32, 64), 2),
    ],
)
def test_gradients_reach_every_parameter_and_batches_are_independent(
    network: type[nn.Module], recipe: Recipe, size: tuple[int, int], reduction: int
) -> None:
    net = network()
    first, second = pictures(*size)
    flow = recipe.run(net, first, second)
    assert flow.shape == (2, 2, size[0] // reduction, size[1] // reduction)
    alone = torch.cat([recipe.run(net, first[n : n + 1], second[n : n + 1]) for n in range(2)])
    assert torch.allclose(flow, alone, atol=1e-4)
    flow.abs().mean().backward()
    unused = {name for name, value in net.named_parameters() if value.grad is None or not value.grad.abs().sum() > 0}
    levels_unused = {name for name in unused if name.startswith("netBasic.") and int(name.split(".")[1]) > 1}
    assert unused - levels_unused - {"deconv2.weight", "deconv2.bias"} == set()


SNIKLAUS_LEVELS = ("One", "Two", "Thr", "Fou", "Fiv", "Six")


class SniklausPWCNet(nn.Module):
    """The parameters of pytorch-pwc under the names of that project, written down independently of the key map."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 16, 32, 64, 96, 128, 196)
        self.netExtractor = nn.Module()
        for i, name in enumerate(SNIKLAUS_LEVELS):
            a, b = widths[i], widths[i + 1]
            convolutions = [nn.Conv2d(a, b, 3, 2, 1), nn.Conv2d(b, b, 3, 1, 1), nn.Conv2d(b, b, 3, 1, 1)]
            layers = [layer for conv in convolutions for layer in (conv, nn.LeakyReLU(0.1))]
            self.netExtractor.add_module(f"net{name}", nn.Sequential(*layers))
        previous = 0
        for i in (5, 4, 3, 2, 1):
            decoder = nn.Module()
            current = 81 if i == 5 else 81 + widths[i + 1] + 4
            if i < 5:
                decoder.netUpflow = nn.ConvTranspose2d(2, 2, 4, 2, 1)
                decoder.netUpfeat = nn.ConvTranspose2d(previous, 2, 4, 2, 1)
            for name, width in zip(SNIKLAUS_LEVELS[:5], (128, 128, 96, 64, 32), strict=True):
                decoder.add_module(f"net{name}", nn.Sequential(nn.Conv2d(current, width, 3, 1, 1), nn.LeakyReLU(0.1)))
                current += width
            decoder.netSix = nn.Sequential(nn.Conv2d(current, 2, 3, 1, 1))
            self.add_module(f"net{SNIKLAUS_LEVELS[i]}", decoder)
            previous = current
        context: list[nn.Module] = []
        for a, b, d in ((previous, 128, 1), (128, 128, 2), (128, 128, 4), (128, 96, 8), (96, 64, 16), (64, 32, 1)):
            context += [nn.Conv2d(a, b, 3, 1, d, d), nn.LeakyReLU(0.1)]
        self.netRefiner = nn.Module()
        self.netRefiner.netMain = nn.Sequential(*context, nn.Conv2d(32, 2, 3, 1, 1))


@pytest.mark.parametrize("word", ["net", "module"])
def test_pwcnet_files_in_the_sniklaus_layout_load(word: str) -> None:
    theirs = SniklausPWCNet().state_dict()
    assert len(theirs) == 126 and sum(value.numel() for value in theirs.values()) == 9_374_274
    network = pwcnet.build_network()
    renamed = pwcnet.published_keys({key.replace("net", word): value for key, value in theirs.items()})
    network.load_state_dict(renamed, strict=True)
    own = network.state_dict()
    assert torch.equal(own["conv1aa.0.weight"], theirs["netExtractor.netOne.2.weight"])
    assert torch.equal(own["conv6aa.0.weight"], theirs["netExtractor.netSix.0.weight"])
    assert torch.equal(own["conv6a.0.weight"], theirs["netExtractor.netSix.2.weight"])
    assert torch.equal(own["deconv6.weight"], theirs["netFiv.netUpflow.weight"])
    assert torch.equal(own["upfeat3.weight"], theirs["netTwo.netUpfeat.weight"])
    assert torch.equal(own["conv2_4.0.bias"], theirs["netTwo.netFiv.0.bias"])
    assert torch.equal(own["predict_flow5.weight"], theirs["netFiv.netSix.0.weight"])
    assert torch.equal(own["dc_conv7.weight"], theirs["netRefiner.netMain.12.weight"])


def test_both_pwcnet_layouts_hold_all_tensors_once() -> None:
    theirs = SniklausPWCNet().state_dict()
    names = {pwcnet_network.nvlabs_key(key) for key in theirs}
    assert names == set(Parity("pwcnet").manifest) - {"deconv2.weight", "deconv2.bias"}
    flat = pwcnet.build_network().state_dict()
    assert pwcnet.published_keys(flat) == flat


def test_keys_of_the_published_spynet_and_liteflownet_files_become_ours() -> None:
    for module in (spynet, liteflownet):
        own = module.build_network().state_dict()
        published = {key.replace("netBasic", "moduleBasic").replace("net", "module"): v for key, v in own.items()}
        assert list(module.published_keys(published)) == list(own)


@pytest.mark.parametrize(("variant", "parameters"), [("large", 5_257_536), ("small", 990_162)])
def test_raft_is_torchvisions(variant: raft.Variant, parameters: int) -> None:
    ensure_torchvision()
    network = raft.build_network(variant).eval()
    assert sum(value.numel() for value in network.parameters()) == parameters
    first, second = torch.rand(1, 3, 128, 128), torch.rand(1, 3, 128, 128)
    with torch.inference_mode():
        flow = raft.run(network, first, second, updates=2)
        expected = network(first * 2 - 1, second * 2 - 1, num_flow_updates=2)[-1]
    assert flow.shape == (1, 2, 128, 128) and torch.equal(flow, expected)
