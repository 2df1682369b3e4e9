"""The Mix Transformer of SegFormer (Xie et al., NeurIPS 2021), B0 to B5, with the released key names."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

HEADS, REDUCTIONS, WIDER = (1, 2, 5, 8), (8, 4, 2, 1), 4
"""Of the four stages: attention heads, and how far keys and values are reduced; of all: the width of the MLP."""


@dataclass(frozen=True)
class Size:
    """Channels and blocks of the four stages."""

    channels: tuple[int, int, int, int] = (64, 128, 320, 512)
    blocks: tuple[int, int, int, int] = (2, 2, 2, 2)


SIZES = {
    "b0": Size((32, 64, 160, 256)),
    "b1": Size(),
    "b2": Size(blocks=(3, 4, 6, 3)),
    "b3": Size(blocks=(3, 4, 18, 3)),
    "b4": Size(blocks=(3, 8, 27, 3)),
    "b5": Size(blocks=(3, 6, 40, 3)),
}


def tokens_of(features: Tensor) -> Tensor:
    """[N, C, h, w] -> [N, h * w, C]."""
    return features.flatten(2).transpose(1, 2)


def features_of(tokens: Tensor, size: tuple[int, int]) -> Tensor:
    """[N, h * w, C] -> [N, C, h, w]."""
    return tokens.transpose(1, 2).reshape(-1, tokens.shape[2], *size)


class Attention(nn.Module):
    """Multi-head self-attention whose keys and values are reduced by a strided convolution."""

    def __init__(self, channels: int, heads: int, reduction: int) -> None:
        super().__init__()
        self.heads, self.reduction = heads, reduction
        self.q = nn.Linear(channels, channels)
        self.kv = nn.Linear(channels, 2 * channels)
        self.proj = nn.Linear(channels, channels)
        if reduction > 1:
            self.sr = nn.Conv2d(channels, channels, reduction, stride=reduction)
            self.norm = nn.LayerNorm(channels)

    def forward(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        """[N, h * w, C] of features of ``size`` (h, w) -> the same shape."""
        seen = x if self.reduction == 1 else self.norm(tokens_of(self.sr(features_of(x, size))))
        query = self._split(self.q(x))
        key, value = (self._split(part) for part in self.kv(seen).chunk(2, dim=-1))
        scores = query @ key.transpose(-2, -1) * query.shape[-1] ** -0.5
        mixed = (scores.softmax(dim=-1) @ value).transpose(1, 2).flatten(2)
        return self.proj(mixed)  # type: ignore[no-any-return]

    def _split(self, x: Tensor) -> Tensor:
        """[N, P, C] -> [N, heads, P, C / heads]."""
        return x.reshape(-1, x.shape[1], self.heads, x.shape[2] // self.heads).transpose(1, 2)


class DepthwiseConv(nn.Module):
    """A 3x3 convolution of each channel by itself, which tells the transformer where things are."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)

    def forward(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        """[N, h * w, C] -> the same shape."""
        return tokens_of(self.dwconv(features_of(x, size)))


class MixMLP(nn.Module):
    """Two linear layers with a depthwise convolution between them."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, hidden)
        self.dwconv = DepthwiseConv(hidden)
        self.fc2 = nn.Linear(hidden, channels)

    def forward(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        """[N, h * w, C] -> the same shape."""
        hidden = self.dwconv(self.fc1(x), size)
        return self.fc2(nn.functional.gelu(hidden))  # type: ignore[no-any-return]


class Block(nn.Module):
    """Attention and MLP, each with a norm before and a shortcut around it."""

    def __init__(self, channels: int, heads: int, reduction: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(channels, eps=eps)
        self.attn = Attention(channels, heads, reduction)
        self.norm2 = nn.LayerNorm(channels, eps=eps)
        self.mlp = MixMLP(channels, WIDER * channels)

    def forward(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        """[N, h * w, C] -> the same shape."""
        x = x + self.attn(self.norm1(x), size)
        return x + self.mlp(self.norm2(x), size)  # type: ignore[no-any-return]


class PatchEmbedding(nn.Module):
    """Overlapping patches: a strided convolution and a norm."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, out, kernel, stride, kernel // 2)
        self.norm = nn.LayerNorm(out)

    def forward(self, x: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """[N, channels, H, W] -> tokens [N, h * w, out], and (h, w)."""
        features = self.proj(x)
        return self.norm(tokens_of(features)), (int(features.shape[2]), int(features.shape[3]))


class MixTransformer(nn.Module):
    """[N, 3, H, W] -> features of four stages at strides 4, 8, 16 and 32.

    ``eps`` of the norms of blocks and stages is 1e-6 in the authors' code and 1e-5 in Hugging Face's.
    """

    def __init__(self, size: Size, eps: float = 1e-6) -> None:
        super().__init__()
        self.channels = size.channels
        before = (3, *size.channels[:-1])
        for n, (inside, out) in enumerate(zip(before, size.channels, strict=True), start=1):
            kernel, stride = (7, 4) if n == 1 else (3, 2)
            self.add_module(f"patch_embed{n}", PatchEmbedding(inside, out, kernel, stride))
            blocks = (Block(out, HEADS[n - 1], REDUCTIONS[n - 1], eps) for _ in range(size.blocks[n - 1]))
            self.add_module(f"block{n}", nn.ModuleList(blocks))
            self.add_module(f"norm{n}", nn.LayerNorm(out, eps=eps))
        self.apply(_initialise)

    def forward(self, image: Tensor) -> list[Tensor]:
        """The features, finest first."""
        x, found = image, []
        for n in range(1, 5):
            tokens, size = self.get_submodule(f"patch_embed{n}")(x)
            for block in self.get_submodule(f"block{n}").children():
                tokens = block(tokens, size)
            x = features_of(self.get_submodule(f"norm{n}")(tokens), size)
            found.append(x)
        return found


def _initialise(module: nn.Module) -> None:
    """Small normal weights in linear layers, He's in convolutions, zeros in biases."""
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
    elif isinstance(module, nn.Conv2d):
        fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels // module.groups
        nn.init.normal_(module.weight, 0, (2 / fan_out) ** 0.5)
    if isinstance(module, (nn.Linear, nn.Conv2d)) and module.bias is not None:
        with torch.no_grad():
            module.bias.zero_()
