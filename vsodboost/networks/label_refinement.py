"""The refinement network that turns propagated labels into pseudo-labels, in its light form (Yan et al., FGPLG, 2019,
Eq. 4).

Seven channels in: the frame, the labels propagated from both sides, and how far they were propagated (flow magnitude).
The paper's network is an RCRNet with a wider stem; in ours the first five stages of EfficientNet-Lite0 read the frame
(the labels say where to look, so the deepest two are not needed), a small encoder reads the other four channels, and
the light decoder puts both together.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vsodboost.networks.decoder import LightDecoder, timm_encoder
from vsodboost.networks.lite import ENCODER

CARRIED_CHANNELS = 4
CARRIED_WIDTH = 24
WIDTHS = (64, 48, 24)
MAGNITUDE_SCALE = 10.0
"""Objects move a few hundredths of the frame; this brings that to the range of the other channels."""


class PropagatedLabelNetwork(LightDecoder):
    """``[N, 7, h, w]`` -> logits ``[N, 1, h, w]``; h and w are multiples of 16.

    Channels: frame (3; mean .5, std .5), label propagated from the left and from the right (in [0, 1]), flow magnitude
    to the left and to the right (normalised by the frame's size).
    """

    def __init__(self) -> None:
        encoder = timm_encoder(ENCODER)
        fine, coarse, middle, deep, _ = encoder.feature_info.channels()
        super().__init__((fine + CARRIED_WIDTH, coarse, middle, deep), WIDTHS)
        self.stem = nn.Sequential(encoder.conv_stem, encoder.bn1)
        self.stages = nn.ModuleList(list(encoder.blocks)[:5])
        self.propagated_fine = _halving(CARRIED_CHANNELS, CARRIED_WIDTH, 5)
        self.propagated_coarse = nn.Sequential(
            _halving(CARRIED_WIDTH, 2 * CARRIED_WIDTH, 3), nn.Conv2d(2 * CARRIED_WIDTH, coarse, 3, padding=1)
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Logits of the pseudo-labels."""
        frames, labels, lengths = inputs[:, :3], inputs[:, 3:5], inputs[:, 5:7]
        propagated = self.propagated_fine(torch.cat([labels - 0.5, lengths * MAGNITUDE_SCALE], dim=1))
        fine = self.stages[0](self.stem(frames))
        features = [torch.cat([fine, propagated], dim=1)]
        x = self.stages[1](fine) + self.propagated_coarse(propagated)
        features.append(x)
        for stage, kept in zip(list(self.stages)[2:], (True, False, True), strict=True):
            x = stage(x)
            if kept:
                features.append(x)
        return self.decode(features, (int(inputs.shape[-2]), int(inputs.shape[-1])))


def _halving(given: int, made: int, size: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(given, made, size, stride=2, padding=size // 2, bias=False),
        nn.BatchNorm2d(made),
        nn.ReLU(inplace=True),
    )
