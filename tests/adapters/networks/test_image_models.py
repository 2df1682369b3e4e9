"""CPD, U2-Net, PCSA and COSNet at other sizes, batches and clip lengths than the parity cases."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import torch
from formula_networks import images, settled
from torch import Tensor, nn
from vsodboost_adapters.networks import cosnet, cpd, pcsa, u2net

from vsodboost.data.errors import UsageError

# How each is built, with how many inputs, and a gain of the weights at which maps are neither flat nor saturated.
BUILDERS: dict[str, tuple[Callable[[], nn.Module], int, float]] = {
    "cpd": (lambda: cpd.build_network("vgg"), 1, 1.4),
    "cpd-resnet": (lambda: cpd.build_network("resnet"), 1, 1.0),
    "u2netp": (lambda: u2net.build_network("u2netp"), 1, 1.2),
    "pcsa": (pcsa.build_network, 1, 1.2),
    "cosnet": (cosnet.build_network, 2, 0.8),
}


@pytest.mark.parametrize("name", BUILDERS)
def test_odd_sizes_and_batches(name: str) -> None:
    build, inputs, gain = BUILDERS[name]
    network = settled(build(), gain)
    batch = [images(i, 2, 3, 65, 83) for i in range(inputs)]
    with torch.inference_mode():
        together = as_tuple(network(*batch))
        alone = [as_tuple(network(*(x[n : n + 1] for x in batch))) for n in range(2)]
    for i, maps in enumerate(together):
        assert maps.shape == (2, 1, 65, 83)
        spread = float(maps.std())
        assert spread > 1e-3
        torch.testing.assert_close(maps, torch.cat([one[i] for one in alone]), rtol=0, atol=2e-3 * spread)
        assert (maps[0] - maps[1]).abs().max() > 0.1 * spread


def as_tuple(output: Any) -> tuple[Tensor, ...]:
    return (output,) if torch.is_tensor(output) else tuple(output)


@pytest.mark.parametrize("module", [cpd, u2net, pcsa, cosnet])
def test_unknown_variants(module: Any) -> None:
    with pytest.raises(UsageError, match="'alexnet'"):
        module.build_network(variant="alexnet")


# --- CPD


def test_the_attention_kernel_starts_as_the_authors_gaussian() -> None:
    kernel = cpd.gaussian_kernel(31, 4.0)
    edge = 4 + (2 * 4 + 1) / 31 / 2
    points = [-edge + 2 * edge * i / 31 for i in range(32)]
    mass = [(math.erf(b / 2**0.5) - math.erf(a / 2**0.5)) / 2 for a, b in pairwise(points)]
    raw = torch.tensor([[(a * b) ** 0.5 for b in mass] for a in mass], dtype=torch.float64)
    torch.testing.assert_close(kernel.double(), raw / raw.sum(), rtol=1e-4, atol=1e-9)
    assert "HA.gaussian_kernel" in dict(cpd.build_network("vgg").named_parameters())


def test_attention_widens_and_never_dampens_below_itself() -> None:
    attend = cpd.HolisticAttention()
    attention = torch.zeros(2, 1, 40, 40)
    attention[0, 0, 20, 20] = attention[1, 0, 5:30, 5:30] = 1
    with torch.no_grad():
        weight = attend(attention, torch.ones(2, 3, 40, 40))
    assert (weight >= attention - 1e-6).all()
    assert weight.amax((2, 3)).sub(1).abs().max() < 1e-5
    assert 0 < weight[0, 0, 20, 24] < weight[0, 0, 20, 22] < 1


def test_the_detection_starts_from_attended_features_in_its_own_copy() -> None:
    network = settled(cpd.build_network("vgg"))
    frame = images(0, 1, 3, 64, 64)
    with torch.inference_mode():
        attention, detection = network(frame)
        network.get_submodule("vgg.conv4_2.conv4_1_2").weight.mul_(1.5)
        again = network(frame)
    assert torch.equal(again[0], attention)
    assert not torch.allclose(again[1], detection)


# --- PCSA


def attention_by_definition(query: Tensor, key: Tensor, value: Tensor, radius: int, dilation: int) -> Tensor:
    """One position, one frame and one neighbour at a time."""
    _, c, clip, h, w = query.shape
    out = torch.zeros_like(query)
    steps = [dilation * s for s in range(-radius, radius + 1)]
    for t in range(clip):
        for y in range(h):
            for x in range(w):
                scores, values = [], []
                for u in range(clip):
                    for dy in steps:
                        for dx in steps:
                            inside = 0 <= y + dy < h and 0 <= x + dx < w
                            k = key[0, :, u, y + dy, x + dx] if inside else torch.zeros(c)
                            values.append(value[0, :, u, y + dy, x + dx] if inside else torch.zeros(c))
                            scores.append((query[0, :, t, y, x] @ k) / c**0.5)
                out[0, :, t, y, x] = torch.stack(scores).softmax(0) @ torch.stack(values)
    return out


@pytest.mark.parametrize(("radius", "dilation", "clip"), [(1, 2, 2), (2, 1, 3), (1, 1, 1)])
def test_window_attention_is_what_it_says(radius: int, dilation: int, clip: int) -> None:
    query, key, value = (3 * images(i, 1, 4, clip, 4, 5) for i in range(3))
    expected = attention_by_definition(query, key, value, radius, dilation)
    torch.testing.assert_close(pcsa.window_attention(query, key, value, radius, dilation), expected)
    twice = [torch.cat([x, x.flip(2)]) for x in (query, key, value)]
    both = pcsa.window_attention(*twice, radius, dilation)
    torch.testing.assert_close(both[0], expected[0])
    torch.testing.assert_close(both[1], expected[0].flip(1))


@pytest.mark.parametrize("clip", [1, 2, 7])
def test_pcsa_on_clips_of_any_length(clip: int) -> None:
    network = settled(pcsa.build_network())
    frames = images(clip, 2, clip, 3, 41, 50).sigmoid()
    with torch.inference_mode():
        maps = network(frames)
        assert maps.shape == (2 * clip, 1, 41, 50)
        torch.testing.assert_close(maps, torch.cat([network(frames[:1]), network(frames[1:])]), rtol=1e-4, atol=1e-5)
        single = network(frames.flatten(0, 1))  # single frames pass the attention by
        assert single.shape == maps.shape
        assert (single - maps).abs().max() > 1e-3
        changed = frames.clone()
        changed[0, -1] = 0.5
        moved = (network(changed) - maps).abs().amax((1, 2, 3))
    assert (moved[:clip] > 1e-6).all()  # every frame sees the last one
    assert (moved[clip:] == 0).all()  # no clip sees another
