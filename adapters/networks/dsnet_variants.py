"""DS-Net's parts exchanged one by one, as its Tables III to VI do (Su et al. 2020, Sec. IV-E); for training here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from ..layers.resize import resize
from .dsnet import THRESHOLD, DSNetwork, convolutions

Weights = Literal["paper", "sep", "fc"]
Order = Literal["top-down", "bottom-up"]
Coarse = Literal["weighted", "sum"]
SCALES = (64, 128, 256, 512, 256)
"""Channels of layer1 to layer4 and of the pyramid."""
WEIGHTS, ORDERS, COARSE = (tuple(get_args(kind)) for kind in (Weights, Order, Coarse))


@dataclass(frozen=True)
class Design:
    """Which parts stand where; the defaults are DS-Net.

    ``weights``: the dynamic weight generator, each scale by itself (``sep``), or pooled and fully connected (``fc``)
    (Table IV). ``softmax``, ``tau`` (0: no thresholding) and ``order``: CAA-woS, CAA-woN, CAA-BU (Table V).
    ``coarse`` and ``attention``: M-AGGS and M-woATT (Table VI). ``crossed`` keeps the released code's oversight: the
    motion branch's generator reads the frame's layer2 feature.
    """

    weights: Weights = "paper"
    softmax: bool = True
    tau: float = THRESHOLD
    order: Order = "top-down"
    coarse: Coarse = "weighted"
    attention: bool = True
    crossed: bool = False


class DesignedDSNetwork(DSNetwork):
    """DS-Net by a ``Design``. Where only switches are set the keys are DS-Net's; other parts have keys of their own."""

    def __init__(self, design: Design) -> None:
        super().__init__(crossed=design.crossed)
        self.design = design
        if design.weights != "paper":
            for branch in "if":
                for name in ("conv1", "conv2", "conv3", "conv4", "convaspp", "convp"):
                    delattr(self, f"{name}_{branch}")
                heads = SCALES if design.weights == "sep" else (sum(SCALES),)
                width = 1 if design.weights == "sep" else len(SCALES)
                self.add_module(f"weights_{branch}", nn.ModuleList(nn.Linear(c, width) for c in heads))
        if design.order == "bottom-up":
            for name in ("block1", "block2", "block3", "block4", "blockaspp"):
                delattr(self, name)
            kernels = (3, 3, 5, 7)
            self.ascent = nn.ModuleList(
                convolutions(here, here, here, there, kernel=k)
                for here, there, k in zip(SCALES[:-1], SCALES[1:], kernels, strict=True)
            )
            self.top = convolutions(SCALES[-1], SCALES[-1], SCALES[-1], 64)

    def weigh(self, branch: str, features: list[Tensor]) -> Tensor:
        """Five features of one branch -> its five weights [N, 5]."""
        if self.design.weights == "paper":
            return super().weigh(branch, features)
        heads = self.get_submodule(f"weights_{branch}")
        pooled = [x.mean(dim=(2, 3)) for x in features]
        if self.design.weights == "fc":
            pooled = [torch.cat(pooled, dim=1)]
        scores = [head(x) for head, x in zip(heads, pooled, strict=True)]  # type: ignore[call-overload]
        return torch.relu(torch.cat(scores, dim=1))  # as the generator that is replaced ends in one

    def against(self, spatial: Tensor, motion: Tensor) -> tuple[Tensor, Tensor]:
        """Weights [N, 5] of both branches set against each other (Eq. 2), or left as they are (CAA-woS)."""
        if self.design.softmax:
            return super().against(spatial, motion)
        return spatial, motion

    def thresholded(self, v_s: Tensor, v_t: Tensor) -> tuple[Tensor, Tensor]:
        """Eq. 3 with the design's τ."""
        return (v_s, v_t) if self.design.tau == 0 else self.crossing(v_s, v_t, self.design.tau)

    def mixed(self, v_s: Tensor, v_t: Tensor, spatial: Tensor, motion: Tensor) -> Tensor:
        """The coarse map: Eq. 6, or the sum of both (M-AGGS)."""
        return spatial + motion if self.design.coarse == "sum" else super().mixed(v_s, v_t, spatial, motion)

    def aggregate(self, fused: list[Tensor]) -> Tensor:
        """Five features, finest first -> [N, 64, H/4, W/4]: from coarse to fine (Eq. 5), or fed upwards (CAA-BU)."""
        if self.design.order == "top-down":
            return super().aggregate(fused)
        x = fused[0]
        for block, feature in zip(self.ascent, fused[1:], strict=True):
            x = resize(block(x), feature.shape[-2:], align_corners=True) + feature
        return resize(self.top(x), fused[0].shape[-2:], align_corners=True)

    def attended(self, x: Tensor, coarse: Tensor) -> Tensor:
        """Eq. 7, or the features as they are (M-woATT)."""
        return super().attended(x, coarse) if self.design.attention else x


def build_designed(design: Design) -> DSNetwork:
    """The network of a design, untrained."""
    return DSNetwork(crossed=design.crossed) if design == Design(crossed=design.crossed) else DesignedDSNetwork(design)
