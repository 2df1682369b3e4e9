"""From networks to estimators: sizes, colour order, units, batches, weights."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from moving_pattern import pattern
from torch import Tensor, nn
from vsodboost_plugins.flow import flownet2, liteflownet, pwcnet, raft, spynet
from vsodboost_plugins.flow.network_estimator import NetworkEstimator
from vsodboost_plugins.flow.recipe import Recipe

from vsodboost import weights
from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.registry.discovery import Registry
from vsodboost.registry.hookspecs import Factory
from vsodboost.registry.interfaces import FlowEstimator, Request


class Recorder:
    """Notes what it is given; returns one flow everywhere, a tenth of the width right, a 20th of the height up."""

    def __init__(self, reduction: int = 1) -> None:
        self.seen: list[tuple[Tensor, Tensor]] = []
        self._reduction = reduction

    def __call__(self, network: nn.Module, first: Tensor, second: Tensor) -> Tensor:
        self.seen.append((first.clone(), second.clone()))
        height, width = first.shape[-2:]
        flow = torch.ones(len(first), 2, height // self._reduction, width // self._reduction)
        return flow * torch.tensor((width / 10, -height / 20)).view(1, 2, 1, 1)


def test_sides_become_multiples_and_flow_comes_back_in_px_of_the_source() -> None:
    run = Recorder(reduction=4)
    estimator = NetworkEstimator(nn.Identity(), Recipe(run, multiple=64, least=128))
    frames = pattern(70, 130)[None]
    flow = estimator.estimate(frames, frames)
    assert run.seen[0][0].shape == (1, 3, 128, 192)
    assert flow.shape == (1, 70, 130, 2) and flow.dtype == np.float32
    assert np.allclose(flow, (13, -3.5), atol=1e-4)


@pytest.mark.parametrize("bgr", [True, False])
def test_the_channels_come_in_the_order_that_the_recipe_wants(bgr: bool) -> None:
    run = Recorder()
    first, second = np.full((1, 8, 8, 3), (255, 51, 0), np.uint8), np.full((1, 8, 8, 3), (0, 0, 102), np.uint8)
    NetworkEstimator(nn.Identity(), Recipe(run, multiple=8, bgr=bgr)).estimate(first, second)
    order = slice(None, None, -1) if bgr else slice(None)
    assert torch.allclose(run.seen[0][0][0, :, 0, 0], torch.tensor((1.0, 0.2, 0.0)[order]))
    assert torch.allclose(run.seen[0][1][0, :, 0, 0], torch.tensor((0.0, 0.0, 0.4)[order]))


@pytest.mark.parametrize(("batch", "sizes"), [(None, [1] * 5), (2, [2, 2, 1]), (9, [5])])
def test_pairs_run_in_batches(batch: int | None, sizes: list[int]) -> None:
    run = Recorder()
    frames = np.stack([pattern(16, 24, n) for n in range(6)])
    NetworkEstimator(nn.Identity(), Recipe(run, multiple=8), batch=batch).estimate(frames[:-1], frames[1:])
    assert [len(first) for first, _ in run.seen] == sizes
    expected = torch.from_numpy(frames[1:, ..., ::-1].copy()).permute(0, 3, 1, 2) / 255
    assert torch.equal(torch.cat([second for _, second in run.seen]), expected)


@pytest.mark.parametrize(
    ("build", "recipe"),
    [
        (spynet.build_network, spynet.RECIPE),
        (pwcnet.build_network, pwcnet.RECIPE),
        (liteflownet.build_network, liteflownet.RECIPE),
        (partial(raft.build_network, "small"), raft.recipe(updates=1)),
    ],
)
def test_networks_take_odd_and_tiny_frames_and_batches_of_any_length(build: type[nn.Module], recipe: Recipe) -> None:
    torch.manual_seed(0)
    estimator = NetworkEstimator(build(), recipe, batch=2)
    for size in ((1, 1), (35, 71)):
        frames = np.stack([pattern(*size, n) for n in range(4)])
        flow = estimator.estimate(frames[:-1], frames[1:])
        assert flow.shape == (3, *size, 2) and np.isfinite(flow).all()
        alone = np.concatenate([estimator.estimate(frames[n : n + 1], frames[n + 1 : n + 2]) for n in range(3)])
        assert np.allclose(flow, alone, atol=1e-3)
    assert estimator.estimate(frames[:0], frames[:0]).shape == (0, 35, 71, 2)


def test_spynet_takes_a_strip_whose_coarsest_level_is_one_px_high() -> None:
    estimator = NetworkEstimator(spynet.build_network(), spynet.RECIPE)
    assert np.isfinite(estimator.estimate(pattern(4, 520)[None], pattern(4, 520, 1)[None])).all()
    network = spynet.build_network().eval()
    with torch.inference_mode():
        assert network(torch.rand(1, 3, 5, 70), torch.rand(1, 3, 5, 70)).shape == (1, 2, 5, 70)  # halved to 1 px


def test_flownet2_gets_rgb_of_255_stacked() -> None:
    class Stacked(nn.Module):
        def forward(self, pictures: Tensor) -> Tensor:
            assert pictures.shape == (1, 3, 2, 64, 128)
            assert torch.allclose(pictures[0, :, 0, 0, 0], torch.tensor((200.0, 100.0, 50.0)), atol=1e-3)
            assert torch.allclose(pictures[0, :, 1, 0, 0], torch.tensor((1.0, 2.0, 3.0)), atol=1e-3)
            return torch.full((1, 2, 64, 128), 2.0)

    first, second = np.full((1, 32, 128, 3), (200, 100, 50), np.uint8), np.full((1, 32, 128, 3), (1, 2, 3), np.uint8)
    flow = NetworkEstimator(Stacked(), flownet2.RECIPE).estimate(first, second)
    assert np.allclose(flow, (2, 1))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VSODBOOST_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.mark.parametrize("name", ["spynet", "pwcnet", "liteflownet", "flownet2", "raft", "raft-small"])
def test_without_weights_one_line_says_how_to_add_them(name: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.nn.init, "kaiming_uniform_", lambda tensor, **_: tensor)  # spare FlowNet2's many numbers
    with pytest.raises(WeightsError, match=rf"vsodboost weights add {name} \S+$") as raised:
        Registry.load().build("flows", name)
    assert "\n" not in str(raised.value)


def saved(network: nn.Module, path: Path, prefix: tuple[str, str] = ("", "")) -> Path:
    torch.save({key.replace(*prefix) if prefix[0] else key: value for key, value in network.state_dict().items()}, path)
    return path


def test_weights_are_added_once_or_given_as_a_file(home: Path) -> None:
    torch.manual_seed(0)
    network = spynet.build_network()
    file = saved(network, home / "network-sintel-final.pytorch", ("netBasic", "moduleBasic"))
    frames = np.stack([pattern(40, 70, n) for n in range(2)])
    expected = NetworkEstimator(network, spynet.RECIPE).estimate(frames[:1], frames[1:])
    from_file: FlowEstimator = spynet.build(Request(options={"weights": str(file)}))
    assert np.array_equal(from_file.estimate(frames[:1], frames[1:]), expected)
    weights.add("spynet", file)
    assert np.array_equal(spynet.build(Request()).estimate(frames[:1], frames[1:]), expected)


@pytest.mark.parametrize("build", [pwcnet.build, liteflownet.build])
def test_the_file_of_another_network_is_refused(build: Factory, home: Path) -> None:
    file = saved(spynet.build_network(), home / "spynet.pt")
    with pytest.raises(WeightsError, match=r"spynet\.pt is not for '(pwcnet|liteflownet)': \d+ missing"):
        build(Request(options={"weights": str(file)}))
    with pytest.raises(WeightsError, match="cannot be read"):
        build(Request(options={"weights": str(home / "absent.pt")}))


def test_a_wrong_option_says_what_is_right(home: Path) -> None:
    file = saved(spynet.build_network(), home / "spynet.pt")
    with pytest.raises(UsageError, match="batch=many: must be a whole number of at least 0"):
        spynet.build(Request(options={"weights": str(file), "batch": "many"}))
    with pytest.raises(UsageError, match="did you mean batch"):
        Registry.load().build("flows", "spynet", Request(options={"batches": "2"}))
