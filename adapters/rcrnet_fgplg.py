"""The paper's network for pseudo-labels: an RCRNet whose first convolution reads seven channels (Yan et al., ICCV 2019,
Sec. 3.3), for ``--booster labels --booster-option network=fgplg-rcrnet``.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional as F
from vsodboost_adapters.rcrnet import PAPER, RCRNet

from vsodboost.data.cards import SpatialModelCard, WeightsSource
from vsodboost.registry.hookspecs import RegisterSpatialModel, hookimpl
from vsodboost.registry.interfaces import Request
from vsodboost.weights import load_into

SIDE = 448
CHANNELS = 7


class PseudoLabelNetwork(nn.Module):
    """RCRNet on frame, carried labels and flow magnitudes, under the released key prefix ``backbone``."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = RCRNet(channels=CHANNELS)

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, 7, h, w] of any size -> logits [N, 1, h, w]; worked on at 448x448."""
        scaled = F.interpolate(inputs, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
        logits = self.backbone(scaled)
        return F.interpolate(logits, size=inputs.shape[-2:], mode="bilinear", align_corners=False)


def without_flow(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The released file's tensors without those of the FlowNet2 inside it; flow is estimated apart here."""
    return {name: value for name, value in tensors.items() if not name.startswith("flownet.")}


CARD = SpatialModelCard(
    summary="makes pseudo-labels of carried labels: RCRNet with a stem of seven channels, the paper's (448x448)",
    licence="MIT (code and weights)",
    paper=PAPER,
    weights=WeightsSource(
        file="pseudo_label_generator_5.pth",
        published="https://github.com/Kinpzz/RCRNet-Pytorch (README: Baidu), or make it: vsodboost train fgplg DAVIS "
        "--option network=fgplg-rcrnet --option start=image_pretrained_model.pth --option rate=1e-5 --option batch=1",
        licence="MIT",
        build=PseudoLabelNetwork,
        rename=without_flow,
    ),
    learning_rate=1e-5,
    channels=CHANNELS,
)


def build(request: Request) -> nn.Module:
    """The network with the user's copy of its weights. Raises WeightsError when there is none."""
    network = PseudoLabelNetwork()
    load_into(network, "fgplg-rcrnet")
    return network


@hookimpl
def vsodboost_register_spatial_models(register: RegisterSpatialModel) -> None:
    """Register ``fgplg-rcrnet``."""
    register("fgplg-rcrnet", build, CARD)
