"""DS-Net, dynamic spatiotemporal network (Su et al. 2020): frame and flow weighed against each other, scale by scale.

Network layout of TJUMMG/DS-Net. Input: frame and flow image, both 512x512, ImageNet-normalised.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vsodboost.data.errors import UsageError

from ..layers.resize import resize
from ..layers.resnet_aspp import ResNetPyramid

THRESHOLD = 0.6  # tau of the cross thresholding, paper Sec. IV-D


def convolutions(channels: int, *outputs: int, kernel: int = 3) -> nn.Sequential:
    """Convolution (with bias), batch norm, ReLU for each of ``outputs``; size unchanged."""
    layers: list[nn.Module] = []
    for out in outputs:
        layers += [nn.Conv2d(channels, out, kernel, padding=kernel // 2), nn.BatchNorm2d(out), nn.ReLU()]
        channels = out
    return nn.Sequential(*layers)


class DSNetwork(nn.Module):
    """The whole network with the released keys.

    ``crossed``: the motion branch's weight generator reads the frame's layer2 feature, as in the released code, whose
    weights depend on it; without it both branches are alike, as the paper has it.
    """

    def __init__(self, *, crossed: bool = True) -> None:
        super().__init__()
        self.crossed = crossed
        self.ImageBone = ResNetPyramid()
        self.FlowBone = ResNetPyramid()
        for branch in "if":  # the dynamic weight generators, paper Sec. III-B
            self.add_module(f"conv1_{branch}", convolutions(64, 64))
            self.add_module(f"conv2_{branch}", convolutions(128, 64))
            self.add_module(f"conv3_{branch}", convolutions(256, 64, kernel=5))
            self.add_module(f"conv4_{branch}", convolutions(512, 64, kernel=7))
            self.add_module(f"convaspp_{branch}", convolutions(256, 64))
            self.add_module(f"convp_{branch}", convolutions(320, 5))
        self.block1 = convolutions(64, 64, 64, 64)  # the decoder, paper Table I
        self.block2 = convolutions(128, 128, 128, 64)
        self.block3 = convolutions(256, 256, 256, 128, kernel=5)
        self.block4 = convolutions(512, 512, 512, 256, kernel=7)
        self.blockaspp = convolutions(256, 256, 256, 512)
        self.last_conv = nn.Sequential(*convolutions(64, 64, 64), nn.Conv2d(64, 1, 3, padding=1))

    def weigh(self, branch: str, features: list[Tensor]) -> Tensor:
        """Five features of one branch -> its five weights [N, 5], before they are set against the other branch's."""
        names = ("conv1", "conv2", "conv3", "conv4", "convaspp")
        small = [self.get_submodule(f"{name}_{branch}")(x) for name, x in zip(names, features, strict=True)]
        same = [resize(x, small[0].shape[-2:], align_corners=True) for x in small]
        return self.get_submodule(f"convp_{branch}")(torch.cat(same, dim=1)).mean(dim=(2, 3))  # type: ignore[no-any-return]

    def aggregate(self, fused: list[Tensor]) -> Tensor:
        """Five features, finest first -> [N, 64, H/4, W/4]: the decoder from coarse to fine (Eq. 5)."""
        x = fused[4]
        for block, feature in zip((self.blockaspp, self.block4, self.block3, self.block2), fused[3::-1], strict=True):
            x = resize(block(x), feature.shape[-2:], align_corners=True) + feature
        return self.block1(x)  # type: ignore[no-any-return]

    def attention(self, coarse: Tensor, size: torch.Size) -> Tensor:
        """Coarse logits [N, 1, H, W] -> where to look, [N, 1, *size] in [0, 1]."""
        return resize(torch.sigmoid(coarse), size, align_corners=True)

    def against(self, spatial: Tensor, motion: Tensor) -> tuple[Tensor, Tensor]:
        """Weights [N, 5] of both branches set against each other, v_s and v_t (Eq. 2)."""
        v_s, v_t = torch.softmax(torch.stack([spatial, motion], dim=2), dim=2).unbind(dim=2)
        return v_s, v_t

    def thresholded(self, v_s: Tensor, v_t: Tensor) -> tuple[Tensor, Tensor]:
        """The cross thresholding, u_s and u_t (Eq. 3)."""
        return self.crossing(v_s, v_t, THRESHOLD)

    @staticmethod
    def crossing(v_s: Tensor, v_t: Tensor, tau: float) -> tuple[Tensor, Tensor]:
        """Weights of which the smaller one is 0 where the two are more than ``tau`` apart."""
        u_s = torch.where(v_s - v_t < -tau, torch.zeros_like(v_s), v_s)
        return u_s, torch.where(v_s - v_t > tau, torch.zeros_like(v_t), v_t)

    def mixed(self, v_s: Tensor, v_t: Tensor, spatial: Tensor, motion: Tensor) -> Tensor:
        """The coarse map of both branches' logits (Eq. 6, on logits as the code has it)."""
        share = (v_s.sum(dim=1) / (v_s + v_t).sum(dim=1).clamp(min=1e-6))[:, None, None, None]
        return share * spatial + (1 - share) * motion

    def attended(self, x: Tensor, coarse: Tensor) -> Tensor:
        """Features attended by the coarse map (Eq. 7)."""
        return x * self.attention(coarse, x.shape[-2:]) + x

    def forward(self, image: Tensor, flow_image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Two [N, 3, H, W] -> logits [N, 1, H, W]: final, fused coarse, spatial coarse, motion coarse."""
        (_, *spatial), spatial_map = self.ImageBone(image)
        (_, *motion), motion_map = self.FlowBone(flow_image)
        # The released code feeds the motion generator the frame's layer2 feature; its weights depend on that.
        seen = [motion[0], spatial[1], *motion[2:]] if self.crossed else motion
        v_s, v_t = self.against(self.weigh("i", spatial), self.weigh("f", seen))  # [N, 5] each
        coarse = self.mixed(v_s, v_t, spatial_map, motion_map)
        u_s, u_t = self.thresholded(v_s, v_t)
        fused = [
            u_s[:, i, None, None, None] * s + u_t[:, i, None, None, None] * t
            for i, (s, t) in enumerate(zip(spatial, motion, strict=True))
        ]  # Eq. 4
        final = self.last_conv(self.attended(self.aggregate(fused), coarse))
        return resize(final, image.shape[-2:], align_corners=True), coarse, spatial_map, motion_map


def build_network(variant: str = "dsnet") -> DSNetwork:
    """The network with the released keys; there is one variant."""
    if variant != "dsnet":
        raise UsageError(f"dsnet has no variant '{variant}'")
    return DSNetwork()
