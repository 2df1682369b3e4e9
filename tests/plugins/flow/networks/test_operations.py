"""Warping, correlation and channel norm against naive loops; gradients flow."""

import itertools
import math

import pytest
import torch
from torch import Tensor
from vsodboost_plugins.flow.networks.operations import channel_norm, correlation, inside, warp

SIZES = [(1, 1), (1, 6), (5, 1), (6, 9)]


def random(*shape: int, seed: int = 0, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def naive_warp(image: Tensor, flow: Tensor, border: str) -> Tensor:
    count, _, height, width = image.shape
    out = torch.zeros_like(image)
    for n, y, x in itertools.product(range(count), range(height), range(width)):
        at_x, at_y = x + float(flow[n, 0, y, x]), y + float(flow[n, 1, y, x])
        left, top = math.floor(at_x), math.floor(at_y)
        for row, column in itertools.product((top, top + 1), (left, left + 1)):
            weight = (1 - abs(at_y - row)) * (1 - abs(at_x - column))
            if border == "edge":
                out[n, :, y, x] += weight * image[n, :, min(max(row, 0), height - 1), min(max(column, 0), width - 1)]
            elif 0 <= row < height and 0 <= column < width:
                out[n, :, y, x] += weight * image[n, :, row, column]
    return out


def naive_correlation(first: Tensor, second: Tensor, radius: int, step: int, stride: int) -> Tensor:
    count, channels, height, width = first.shape
    rows, columns = range(0, height, stride), range(0, width, stride)
    shifts = [d * step for d in range(-radius, radius + 1)]
    out = torch.zeros(count, len(shifts) ** 2, len(rows), len(columns))
    for n, (i, y), (j, x) in itertools.product(range(count), enumerate(rows), enumerate(columns)):
        for channel, (dy, dx) in enumerate(itertools.product(shifts, shifts)):
            if 0 <= y + dy < height and 0 <= x + dx < width:
                out[n, channel, i, j] = (first[n, :, y, x] * second[n, :, y + dy, x + dx]).sum() / channels
    return out


@pytest.mark.parametrize("border", ["zeros", "edge"])
@pytest.mark.parametrize("size", SIZES)
def test_warp_equals_a_naive_loop(size: tuple[int, int], border: str) -> None:
    image, flow = random(2, 3, *size), random(2, 2, *size, seed=1, scale=3)
    assert (warp(image, flow, border) - naive_warp(image, flow, border)).abs().max() < 1e-5


def test_warp_by_whole_pixels_copies_them() -> None:
    image = random(1, 2, 5, 7)
    flow = torch.zeros(1, 2, 5, 7)
    flow[:, 0], flow[:, 1] = 2, -1
    assert torch.allclose(warp(image, flow)[..., 1:, :5], image[..., :4, 2:], atol=1e-5)
    assert torch.allclose(warp(image, flow)[..., 0, :], torch.zeros(1, 2, 7), atol=1e-5)
    assert torch.allclose(warp(image, flow, "edge")[..., 0, :5], image[..., 0, 2:], atol=1e-5)


def test_inside_marks_samples_that_lie_within() -> None:
    flow = torch.zeros(1, 2, 3, 4)
    flow[0, 0, 0] = torch.tensor((-0.5, 0.5, 1.0, 0.5))
    flow[0, 1, 2] = torch.tensor((0.00005, 0.01, -2.0, -2.5))
    expected = torch.tensor([[0.0, 1, 1, 0], [1, 1, 1, 1], [1, 0, 1, 0]])
    assert torch.equal(inside(flow)[0, 0], expected)


@pytest.mark.parametrize("size", SIZES)
def test_inside_is_the_thresholded_warp_of_ones(size: tuple[int, int]) -> None:
    flow = random(3, 2, *size, seed=2, scale=2)
    assert torch.equal(inside(flow), (warp(torch.ones(3, 1, *size), flow) >= 0.9999).float())


@pytest.mark.parametrize(
    ("radius", "step", "stride"), [(0, 1, 1), (2, 1, 1), (3, 2, 1), (1, 2, 2), (2, 2, 2), (2, 1, 3)]
)
@pytest.mark.parametrize("size", SIZES)
def test_correlation_equals_a_naive_loop(size: tuple[int, int], radius: int, step: int, stride: int) -> None:
    first, second = random(2, 5, *size), random(2, 5, *size, seed=1)
    expected = naive_correlation(first, second, radius, step, stride)
    assert (correlation(first, second, radius, step=step, stride=stride) - expected).abs().max() < 1e-5


def test_channel_norm_is_the_length_over_channels() -> None:
    values = random(2, 4, 3, 5)
    expected = (values**2).sum(1, keepdim=True) ** 0.5
    assert (channel_norm(values) - expected).abs().max() < 1e-6


@pytest.mark.parametrize("border", ["zeros", "edge"])
def test_gradients_of_warp_are_right(border: str) -> None:
    image, flow = random(1, 2, 4, 5).double(), random(1, 2, 4, 5, seed=1, scale=1.5).double()
    assert torch.autograd.gradcheck(lambda i, f: warp(i, f, border), (image.requires_grad_(), flow.requires_grad_()))


def test_gradients_of_correlation_and_norm_are_right() -> None:
    first, second = random(1, 3, 4, 5).double().requires_grad_(), random(1, 3, 4, 5, seed=1).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: correlation(a, b, 2, step=2, stride=2), (first, second))
    assert torch.autograd.gradcheck(channel_norm, (first,))


def test_the_norm_of_nothing_has_a_gradient_of_zero() -> None:
    values = torch.zeros(1, 2, 3, 3, requires_grad=True)
    channel_norm(values).sum().backward()
    assert values.grad is not None and torch.equal(values.grad, torch.zeros_like(values))
