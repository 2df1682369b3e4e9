"""The paper's network for pseudo-labels: an RCRNet whose first convolution reads seven channels (Yan et al., ICCV 2019,
Sec. 3.3), for ``--booster labels --booster-option network=fgplg-rcrnet``.
"""

from __future__ import annotations

from torch import Tensor, nn

from ..layers.resize import resize
from .rcrnet import RCRNet

SIDE = 448
CHANNELS = 7


class PseudoLabelNetwork(nn.Module):
    """RCRNet on frame, propagated labels and flow magnitudes, under the released key prefix ``backbone``."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = RCRNet(channels=CHANNELS)

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, 7, h, w] of any size -> logits [N, 1, h, w]; worked on at 448x448."""
        scaled = resize(inputs, (SIDE, SIDE), align_corners=False)
        logits = self.backbone(scaled)
        return resize(logits, inputs.shape[-2:], align_corners=False)
