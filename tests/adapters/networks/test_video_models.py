"""MGA, RCRNet and DS-Net at other sizes, batches and clip lengths than the parity cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from vsodboost_adapters.networks import dsnet, mga, rcrnet, ssav

from vsodboost.data.errors import UsageError


def images(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def settled(network: nn.Module) -> nn.Module:
    """The network with every weight random, also those that start at zero, in eval mode."""
    torch.manual_seed(0)
    for name, parameter in network.named_parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, std=parameter[0].numel() ** -0.5)
        elif "bias" in name:
            nn.init.normal_(parameter, std=0.05)
    return network.eval()


@pytest.fixture(scope="module")
def video() -> nn.Module:
    return settled(rcrnet.build_network("video"))


@pytest.mark.parametrize(
    ("build", "inputs", "outputs"),
    [
        (mga.build_network, 2, [(65, 83), (17, 21)]),
        (dsnet.build_network, 2, [(65, 83)] * 4),
        (lambda: rcrnet.build_network("image"), 1, [(65, 83)]),
    ],
    ids=["mga", "dsnet", "rcrnet-image"],
)
def test_odd_sizes_and_batches(build: Callable[[], nn.Module], inputs: int, outputs: list[tuple[int, int]]) -> None:
    network = settled(build())
    batch = [images(i, 2, 3, 65, 83) for i in range(inputs)]
    with torch.inference_mode():
        both = network(*batch)
        single = [network(*(x[n : n + 1] for x in batch)) for n in range(2)]
    both, single = (both,) if torch.is_tensor(both) else both, [(s,) if torch.is_tensor(s) else s for s in single]
    assert [tuple(x.shape) for x in both] == [(2, 1, *size) for size in outputs]
    for i, out in enumerate(both):
        spread = float(out.std())
        torch.testing.assert_close(out, torch.cat([one[i] for one in single]), rtol=0, atol=1e-3 * spread)
        assert (out[0] - out[1]).abs().max() > 0.1 * spread


@pytest.mark.parametrize("length", [1, 2, 5])
def test_clips_of_any_length(video: nn.Module, length: int) -> None:
    clip = [images(t, 2, 3, 49, 65) for t in range(length)]
    with torch.inference_mode():
        both = video(clip)
        single = [video([frame[n : n + 1] for frame in clip]) for n in range(2)]
    assert [tuple(x.shape) for x in both] == [(2, 1, 49, 65)] * length
    for t in range(length):
        torch.testing.assert_close(both[t], torch.cat([single[0][t], single[1][t]]), rtol=1e-3, atol=1e-4)


def test_frames_of_a_clip_see_each_other_both_ways(video: nn.Module) -> None:
    clip = [images(t, 1, 3, 49, 65) for t in range(3)]

    def changes(changed: int, looked_at: int) -> float:
        other = list(clip)
        other[changed] = torch.zeros_like(clip[changed])
        return float((video(other)[looked_at] - video(clip)[looked_at]).abs().max())

    with torch.inference_mode():
        assert changes(0, 2) > 1e-5
        assert changes(2, 0) > 1e-5


def test_dsnet_thresholds_each_sample_by_itself() -> None:
    network = settled(dsnet.build_network())
    assert isinstance(network, dsnet.DSNetwork)
    weights: dict[str, Tensor] = {
        "i": torch.tensor([[9.0] * 5, [0.0] * 5, [1.0] * 5]),
        "f": torch.tensor([[0.0] * 5, [9.0] * 5, [1.0] * 5]),
    }
    network.weigh = lambda branch, features: weights[branch]  # type: ignore[method-assign, assignment, misc]
    frame, flow, other = (images(i, 3, 3, 33, 33) for i in range(3))

    def final(a: Tensor, b: Tensor) -> Tensor:
        with torch.inference_mode():
            first: Tensor = network(a, b)[0]
        return first

    original = final(frame, flow)
    flow_changed, frame_changed = final(frame, other), final(other, flow)
    difference = [(flow_changed - original).abs().amax((1, 2, 3)), (frame_changed - original).abs().amax((1, 2, 3))]
    # Nine against zero: the losing branch is cut off and only the coarse map (share e^-9) still feels it.
    assert difference[0][0] < 1e-2 < difference[0][1]
    assert difference[1][1] < 1e-2 < difference[1][0]
    assert difference[0][2] > 1e-2 and difference[1][2] > 1e-2


@pytest.mark.parametrize("module", [mga, dsnet, rcrnet, ssav])
def test_unknown_variants_are_refused(module: Any) -> None:
    with pytest.raises(UsageError, match="'big'"):
        module.build_network(variant="big")


@pytest.mark.parametrize(
    ("variant", "parts"),
    [
        ("a", set()),
        ("b", {"non_local_block"}),
        ("c", {"non_local_block", "convgru_forward", "convgru_backward", "bidirection_conv"}),
        ("d", {"non_local_block", "convgru_forward", "non_local_block2"}),
    ],
)
def test_variants_of_ner_have_the_layers_of_table_3_and_run(variant: str, parts: set[str]) -> None:
    torch.manual_seed(0)
    network = settled(rcrnet.build_network(f"video-{variant}"))
    assert {name.partition(".")[0] for name in network.state_dict()} == parts | {"backbone"}
    frames = [torch.randn(1, 3, 33, 33) for _ in range(2)]
    with torch.no_grad():
        together, alone = network(frames), network(frames[:1])
    assert [m.shape for m in together] == [(1, 1, 33, 33)] * 2
    # Only what looks at other frames makes the first one's map depend on the second frame.
    assert torch.allclose(together[0], alone[0], atol=1e-5) == (variant == "a")
