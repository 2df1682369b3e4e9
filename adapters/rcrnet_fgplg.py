"""The paper's network for pseudo-labels: an RCRNet whose first convolution reads seven channels (Yan et al., ICCV 2019,
Sec. 3.3), for ``--booster labels --booster-option network=fgplg-rcrnet``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from vsodboost.data.cards import SpatialModelCard, WeightsSource
from vsodboost.registry.hookspecs import RegisterSpatialModel, hookimpl
from vsodboost.registry.interfaces import Request

from .rcrnet import PAPER

if TYPE_CHECKING:
    from torch import Tensor

    from .networks.rcrnet_fgplg import PseudoLabelNetwork


def build_network() -> PseudoLabelNetwork:
    """The network with the released keys, untrained."""
    from .networks.rcrnet_fgplg import PseudoLabelNetwork

    return PseudoLabelNetwork()


def without_flow(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The released file's tensors without those of the FlowNet2 inside it; flow is estimated apart here."""
    return {name: value for name, value in tensors.items() if not name.startswith("flownet.")}


CARD = SpatialModelCard(
    summary="makes pseudo-labels of propagated labels: RCRNet with a stem of seven channels, the paper's (448x448)",
    licence="MIT (code and weights)",
    paper=PAPER,
    weights=WeightsSource(
        file="pseudo_label_generator_5.pth",
        published="https://github.com/Kinpzz/RCRNet-Pytorch (README: Baidu), or make it: vsodboost train fgplg DAVIS "
        "--option network=fgplg-rcrnet --option start=image_pretrained_model.pth --option rate=1e-5 --option batch=1",
        licence="MIT",
        build=build_network,
        rename=without_flow,
    ),
    learning_rate=1e-5,
    channels=7,
)


def build(request: Request) -> PseudoLabelNetwork:
    """The network with the user's copy of its weights. Raises WeightsError when there is none."""
    from vsodboost.weights import load_into

    network = build_network()
    load_into(network, "fgplg-rcrnet", CARD.weights)
    return network


@hookimpl
def vsodboost_register_spatial_models(register: RegisterSpatialModel) -> None:
    """Register ``fgplg-rcrnet``."""
    register("fgplg-rcrnet", build, CARD)
