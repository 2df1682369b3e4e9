"""MQPM, the motion quality perception module, in its light form.

MQP, Sec. IV and Fig. 6: one encoder reads the motion, a localisation branch gives the motion saliency map, and a
classification branch on the last decoder layer says whether the frame's motion is of high quality. Ours also predicts
the motion quality score itself (Eq. 1), and reads the object motion (``motion_image``) instead of a colour wheel, which
frees it from the camera and from the estimator's scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vsodboost.networks.decoder import LightDecoder, timm_encoder

ENCODER = "mobilenetv3_small_100"
WIDTHS = (48, 48, 32, 24)


class Motion(NamedTuple):
    """``logits [N, 1, h, w]`` of the motion saliency; ``high [N]`` logit of high quality; ``score [N]`` logit of
    MQS."""

    logits: Tensor
    high: Tensor
    score: Tensor


class MotionQualityNetwork(LightDecoder):
    """Motion image ``[N, 3, h, w]`` -> Motion; h and w are multiples of 32."""

    def __init__(self) -> None:
        encoder = timm_encoder(ENCODER)
        super().__init__(encoder.feature_info.channels(), WIDTHS)
        self.encoder = encoder
        self.quality = nn.Sequential(nn.Linear(2 * WIDTHS[-1], 32), nn.ReLU(inplace=True), nn.Linear(32, 2))

    def forward(self, motion: Tensor) -> Motion:
        features: Sequence[Tensor] = self.encoder(motion)
        last = self.merge(features)
        logits = self.head(last)
        # What lies where the map is bright, and what lies in the whole frame.
        inside = torch.sigmoid(logits)
        bright = (last * inside).sum((2, 3)) / inside.sum((2, 3)).clamp(min=1.0)
        quality = self.quality(torch.cat([bright, last.mean((2, 3))], dim=1).detach())
        full = F.interpolate(logits, size=motion.shape[-2:], mode="bilinear", align_corners=False)
        return Motion(full, quality[:, 0], quality[:, 1])


def quality_threshold(scores: Sequence[float] | Tensor, *, start: float = 0.5, tolerance: float = 1e-6) -> float:
    """λ between low- and high-quality motion by iterating Eq. 3 and 4 of MQP.

    ω is the mean of the motion quality scores of at least λ; λ becomes (0.5 + ω) / 2, until it stays. When no score
    reaches λ, λ stays where it is.
    """
    values = torch.as_tensor(scores, dtype=torch.float64)
    threshold = start
    for _ in range(100):
        above = values[values >= threshold]
        if len(above) == 0:
            break
        updated = (0.5 + float(above.mean())) / 2
        if abs(updated - threshold) < tolerance:
            return updated
        threshold = updated
    return threshold
