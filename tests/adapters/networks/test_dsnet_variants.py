"""DS-Net's parts exchanged: what each switch computes, by hand, and which layers it has."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from vsodboost_adapters import dsnet
from vsodboost_adapters.networks.dsnet import DSNetwork
from vsodboost_adapters.networks.dsnet_variants import Design, DesignedDSNetwork, build_designed
from vsodboost_adapters.training.dsnet import DSNetSettings, final_loss, loss

from vsodboost.data.errors import UsageError

V_S, V_T = torch.tensor([[0.9, 0.5, 0.1]]), torch.tensor([[0.1, 0.5, 0.9]])


def designed(**changes: object) -> DSNetwork:
    with torch.device("meta"):  # shapes and switches without 97 M weights
        return build_designed(Design(**changes))  # type: ignore[arg-type]


def test_the_papers_own_parts() -> None:
    network = designed()
    assert type(network) is DSNetwork
    u_s, u_t = network.thresholded(V_S, V_T)  # Eq. 3, tau = .6
    assert u_s[0].tolist() == pytest.approx([0.9, 0.5, 0.0])
    assert u_t[0].tolist() == pytest.approx([0.0, 0.5, 0.9])
    v_s, v_t = network.against(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 0.0]]))
    assert v_s.tolist()[0] == pytest.approx([1 / (1 + torch.e**-1), 0.5])
    assert (v_s + v_t).tolist()[0] == pytest.approx([1, 1])


def test_each_switch_by_hand() -> None:
    assert designed(tau=0.9).thresholded(V_S, V_T)[0][0].tolist() == pytest.approx([0.9, 0.5, 0.1])
    assert designed(tau=0.0).thresholded(V_S, V_T)[1][0].tolist() == pytest.approx([0.1, 0.5, 0.9])
    raw = designed(softmax=False).against(2 * V_S, V_T)
    assert torch.equal(raw[0], 2 * V_S) and torch.equal(raw[1], V_T)
    spatial, motion = torch.ones(1, 1, 2, 2), torch.full((1, 1, 2, 2), 3.0)
    assert (designed(coarse="sum").mixed(V_S, V_T, spatial, motion) == 4).all()
    assert (designed().mixed(V_S, V_T, spatial, motion) == 2).all()
    x, coarse = torch.ones(1, 2, 2, 2), torch.zeros(1, 1, 4, 4)
    assert (designed(attention=False).attended(x, coarse) == 1).all()
    assert designed().attended(x, coarse).flatten().tolist() == pytest.approx([1.5] * 8)


def test_other_weight_generators_have_layers_of_their_own() -> None:
    shapes = [(64, 16), (128, 8), (256, 4), (512, 4), (256, 4)]
    features = [torch.randn(2, c, side, side) for c, side in shapes]
    for weights, layers in (("sep", 5), ("fc", 1)):
        network = designed(weights=weights)
        assert isinstance(network, DesignedDSNetwork)
        assert not [name for name, _ in network.named_parameters() if name.startswith("conv1_")]
        heads = network.get_submodule("weights_i")
        assert len(list(heads.children())) == layers
        heads.to_empty(device="cpu")
        for head in heads.children():
            nn.init.constant_(head.weight, 1.0)  # type: ignore[arg-type]
            nn.init.zeros_(head.bias)  # type: ignore[arg-type]
        found = network.weigh("i", features)
        sums = torch.stack([x.mean(dim=(2, 3)).sum(dim=1) for x in features], dim=1)
        expected = sums if weights == "sep" else sums.sum(dim=1, keepdim=True).expand(-1, 5)
        assert torch.allclose(found, torch.relu(expected), atol=1e-3)


@pytest.mark.parametrize("order", ["top-down", "bottom-up"])
def test_both_orders_end_at_the_finest_scale(order: str) -> None:
    features = [torch.empty(1, c, s, s, device="meta") for c, s in ((64, 16), (128, 8), (256, 4), (512, 4), (256, 4))]
    network = designed(order=order)
    assert network.aggregate(features).shape == (1, 64, 16, 16)
    assert any(name.startswith("ascent") for name, _ in network.named_parameters()) == (order == "bottom-up")


def test_training_options_name_the_design_and_wrong_ones_are_refused() -> None:
    assert DSNetSettings().design() == Design(crossed=False)
    chosen = DSNetSettings(weights="fc", softmax="off", tau=0.3, order="bottom-up", generator="released").design()
    assert chosen == Design("fc", softmax=False, tau=0.3, order="bottom-up", crossed=True)
    for name, value in (("weights", "mine"), ("attention", "maybe"), ("generator", "none"), ("coarse", "max")):
        with pytest.raises(UsageError, match=f"training option {name}={value}: must be one of"):
            DSNetSettings(**{name: value}).design()  # type: ignore[arg-type]


def test_single_supervision_learns_the_final_map_alone() -> None:
    class Four(nn.Module):
        def forward(self, frames: Tensor, flow: Tensor) -> tuple[Tensor, ...]:
            return tuple(torch.full((1, 1, 2, 2), float(n)) for n in range(4))

    batch = {"frames": torch.zeros(1), "flow": torch.zeros(1), "truth": torch.ones(1, 1, 2, 2)}
    each = [float(nn.functional.softplus(torch.tensor(-float(n)))) for n in range(4)]
    assert float(final_loss(Four(), batch)) == pytest.approx(each[0])
    assert float(loss(Four(), batch)) == pytest.approx(sum(each))


def test_a_frame_without_motion_has_a_flow_of_zeros_as_stills_have_in_training() -> None:
    class Seen(nn.Module):
        def forward(self, frames: Tensor, flow: Tensor) -> tuple[Tensor]:
            self.flow = flow
            return (frames[:, :1],)

    mean, std = (torch.tensor(v)[:, None, None] for v in (dsnet.CARD.mean, dsnet.CARD.std))
    white = ((torch.ones(3, 4, 4) - mean) / std)[None]
    moving = white.clone()
    moving[0, 1, 2, 3] = 0.3
    network = Seen()
    dsnet.saliency(network, torch.zeros(2, 3, 4, 4), torch.cat([white, moving]))
    assert (network.flow[0] == 0).all()
    assert torch.equal(network.flow[1:], moving)
