"""What U2-Net, PCSA and COSNet do to frames before and after their networks."""

from __future__ import annotations

import pytest
import torch
from formula_networks import images, settled
from torch import Tensor, nn
from vsodboost_adapters import cosnet, pcsa, u2net


def test_frames_are_stretched_by_their_own_maximum_and_black_ones_survive() -> None:
    seen: list[Tensor] = []

    class Spy(nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, ...]:
            seen.append(x)
            return (x[:, :1],)

    frames = torch.rand(3, 3, 4, 5) * torch.tensor([1.0, 0.25, 0.0])[:, None, None, None]
    u2net.saliency(Spy(), frames)
    peak = frames.amax((1, 2, 3))
    expected_top = ((1 - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])).max()
    assert seen[0].isfinite().all()
    where = (frames[1] == peak[1]).nonzero()[0]
    mean, std = (0.485, 0.456, 0.406)[where[0]], (0.229, 0.224, 0.225)[where[0]]
    assert float(seen[0][1][tuple(where)]) == pytest.approx((1 - mean) / std, abs=1e-4)
    assert seen[0].max() <= expected_top + 1e-4


def test_only_the_first_three_columns_are_standardised() -> None:
    frames = torch.rand(5, 3, 6, 9)
    seen = pcsa.standardise_columns(frames)
    assert torch.equal(seen[..., 3:], frames[..., 3:])
    for i, (mean, std) in enumerate(zip((0.47327, 0.44874, 0.39488), (0.22675, 0.22012, 0.22383), strict=True)):
        torch.testing.assert_close(seen[..., i], (frames[..., i] - mean) / std)


@pytest.fixture(scope="module")
def co_attention() -> nn.Module:
    return settled(cosnet.build_network(), gain=0.8)


def test_maps_are_means_over_reference_frames(co_attention: nn.Module) -> None:
    frames = images(0, 3, 3, 33, 41)
    with torch.inference_mode():
        maps = cosnet.co_saliency(co_attention, frames)
        bgr = frames.flip(1)
        for i in range(3):  # three frames, so that every frame refers to all
            pairs = [co_attention(bgr[i : i + 1], bgr[j : j + 1])[0] for j in range(3)]
            torch.testing.assert_close(maps[i : i + 1], torch.stack(pairs).mean(0), rtol=1e-3, atol=1e-5)
    assert maps.std() > 1e-3


def test_references_follow_from_the_seed(co_attention: nn.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cosnet, "REFERENCES", 2)
    frames = images(0, 4, 3, 17, 17)
    with torch.inference_mode():
        first, again, other = (cosnet.co_saliency(co_attention, frames, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
