from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import vsodboost
from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import PluginError, UsageError
from vsodboost.data.types import Clip, Maps
from vsodboost.registry.interfaces import Request
from vsodboost.targets.network_call import (
    FREE_SIZE,
    NetworkCall,
    described,
    padded_size,
    shortened,
    together,
    trial_frames,
    tried,
)
from vsodboost.targets.network_target import NetworkTarget, run_target
from vsodboost.targets.output_reader import OutputReader

PLAIN: dict[str, Any] = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}


class Makes(nn.Module):
    """What a function makes of frames; notes their shapes."""

    def __init__(self, function: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.function, self.shapes = function, list[tuple[int, ...]]()

    def forward(self, x: Tensor) -> Any:
        """The function's result."""
        self.shapes.append(tuple(x.shape))
        return self.function(x)


def red(x: Tensor) -> Tensor:
    return x[:, :1]


def clip(count: int = 3, height: int = 20, width: int = 30) -> Clip:
    frames = np.random.default_rng(0).integers(0, 256, (count, height, width, 3)).astype(np.uint8)
    return Clip(frames, tuple(str(i) for i in range(count)), "clip")


def reds(frames: Clip) -> Maps:
    return frames.frames[..., 0] / np.float32(255)


def trial_of(
    function: Callable[[Tensor], Any], *, multiple: int = 1, usual: bool = False, **card: Any
) -> NetworkTarget:
    call = NetworkCall(OutputReader("x"), multiple=multiple)
    target = NetworkTarget(Makes(function), TargetCard("x", **{**PLAIN, **card}), Request(), forward=call)
    return tried(target, call, "x", fed_as_usual=usual)


def test_trial_frames_hold_every_colour_and_repeat() -> None:
    frames = trial_frames(2, (60, 100))
    assert frames.shape == (2, 60, 100, 3) and frames.dtype == np.uint8
    colours = {tuple(colour) for colour in frames[0].reshape(-1, 3).tolist()}
    assert {(r, g, b) for r in (0, 255) for g in (0, 255) for b in (0, 255)} <= colours
    assert (frames[0] != frames[1]).any() and np.array_equal(frames, trial_frames(2, (60, 100)))
    assert trial_frames(1, (2, 3)).shape == (1, 2, 3, 3)


def test_the_trial_is_fed_as_the_video_will_be() -> None:
    seen: list[Tensor] = []
    target = trial_of(lambda x: seen.append(x) or red(x), input_size=(40, 50), mean=(0.5,) * 3, std=(0.25,) * 3)
    assert seen[0].shape == (2, 3, 40, 50)
    assert (float(seen[0].min()), float(seen[0].max())) == (-2, 2)
    assert target.card.output == "logits"
    assert all(side % 2 for side in FREE_SIZE)
    assert trial_of(red).network.shapes == [(2, 3, *FREE_SIZE)]


def test_windows_and_flow_reach_the_trial() -> None:
    seen: list[tuple[Tensor, Tensor]] = []

    class Both(nn.Module):
        def forward(self, x: Tensor, flow: Tensor) -> Tensor:
            seen.append((x, flow))
            return red(x)

    call = NetworkCall(OutputReader("x"))
    card = TargetCard("x", window=4, needs_flow=True, **PLAIN)
    tried(NetworkTarget(Both(), card, Request(), forward=call), call, "x", fed_as_usual=False)
    assert seen[0][0].shape == seen[0][1].shape == (4, 3, *FREE_SIZE)
    assert float(seen[0][1].min()) == 1  # white: no motion


def test_padding_goes_right_and_down_and_comes_off_the_maps_again() -> None:
    network = Makes(red)
    frames = torch.rand(2, 3, 20, 70)
    maps = NetworkCall(OutputReader("x"), multiple=32)(network, frames, None)
    assert network.shapes == [(2, 3, 32, 96)] and torch.equal(maps, red(frames))
    assert padded_size((32, 33), 32) == (32, 64)


def test_coarse_maps_of_padded_frames_lie_where_the_frames_do() -> None:
    ramp = torch.linspace(0, 1, 70).expand(1, 3, 20, 70)
    coarse = Makes(lambda x: nn.functional.avg_pool2d(red(x), 4))
    maps = NetworkCall(OutputReader("x"), multiple=32)(coarse, ramp, None)
    assert maps.shape == (1, 1, 20, 70)
    torch.testing.assert_close(maps[..., 2:-4], red(ramp)[..., 2:-4], atol=1e-5, rtol=0)


def needs(multiple: int) -> Callable[[Tensor], Tensor]:
    def function(x: Tensor) -> Tensor:
        if x.shape[-2] % multiple or x.shape[-1] % multiple:
            raise RuntimeError(f"sides must be multiples of {multiple}")
        return red(x)

    return function


@pytest.mark.parametrize(("wanted", "found"), [(2, 32), (32, 32), (64, 64), (14, 28), (128, 128)])
def test_the_trial_finds_the_multiple(wanted: int, found: int) -> None:
    target = trial_of(needs(wanted))
    assert target.notes == [
        f"frames are padded to sides that are multiples of {found}: it fails on {FREE_SIZE[0]}x{FREE_SIZE[1]} px "
        f"(sides must be multiples of {wanted})"
    ]
    np.testing.assert_allclose(run_target(target, target.card, clip(), "x"), reds(clip()), atol=1e-6)


def test_a_network_that_always_fails_is_refused_with_its_first_reason() -> None:
    def fails(x: Tensor) -> Tensor:
        raise RuntimeError(f"bad {tuple(x.shape)}\nreally")

    with pytest.raises(UsageError, match=r"^x fails on 1 frame of 277x411 px: bad \(1, 3, 277, 411\) really$"):
        trial_of(fails)
    with pytest.raises(UsageError, match=r"^x fails on 4 frames of 24x24 px: bad \(4, 3, 24, 24\) really$"):
        trial_of(fails, window=4, input_size=(24, 24))


def test_a_network_for_one_frame_at_a_time() -> None:
    def single(x: Tensor) -> Tensor:
        return x.reshape(1, 3, *x.shape[-2:])[:, :1]

    target = trial_of(single)
    assert target.card.batch == 1 and "one by one" in target.notes[0]
    np.testing.assert_allclose(run_target(target, target.card, clip(), "x"), reds(clip()), atol=1e-6)


def test_blank_maps_are_noted_and_refused_where_pixels_would_do() -> None:
    with pytest.raises(UsageError, match=r"blank maps of frames normalised .* option scale=1"):
        trial_of(lambda x: (red(x) - 50).clamp(0, 1), usual=True)
    assert "blank" in trial_of(lambda x: (red(x) - 50).clamp(0, 1)).notes[0]
    assert "blank" in trial_of(lambda x: 0 * red(x), usual=True).notes[0]


@pytest.mark.parametrize("black_first", [True, False])
def test_a_scale_that_the_trial_could_not_show_is_settled_by_the_first_frames_that_do(black_first: bool) -> None:
    seen: list[int] = []

    def late(x: Tensor) -> Tensor:
        seen.append(1)
        return 255 * red(x) * (len(seen) > 2 if black_first else len(seen) > 1)

    target = trial_of(late)
    if black_first:
        assert run_target(target, target.card, clip(), "x").max() == 0
    np.testing.assert_allclose(run_target(target, target.card, clip(), "x"), reds(clip()), atol=1e-6)


def test_outputs_that_change_are_a_failure_of_the_video() -> None:
    seen: list[int] = []

    def fickle(x: Tensor) -> Any:
        seen.append(1)
        return {"out": red(x)} if len(seen) == 1 else {"mask": red(x)}

    target = trial_of(fickle)
    with pytest.raises(PluginError, match=r"x gives mask \[3, 1, 20, 30\] for 3 frames, other than in its trial call"):
        run_target(target, target.card, clip(), "x")


def test_lists_of_frames_become_batches() -> None:
    frames = torch.rand(3, 1, 4, 5)
    for each in (list(frames.split(1)), list(frames[:, 0])):
        joined = together(each, 3)
        assert torch.equal(joined[""].reshape(3, 1, 4, 5), frames)
    dicts = together([{"out": frame, "aux": -frame} for frame in frames.split(1)], 3)
    assert torch.equal(dicts["aux"], -frames)
    sides = [frames, frames, frames]  # three outputs of all three frames
    assert together(sides, 3) is sides
    assert together(frames, 3) is frames


def test_shortened_keeps_both_ends() -> None:
    assert shortened("short") == "short"
    long = "begins" + 500 * "x" + "ends"
    assert len(shortened(long)) <= 160
    assert shortened(long).startswith("begins") and shortened(long).endswith("ends")


# --- live modules --------------------------------------------------------------------------------------------------


def live(function: Callable[[Tensor], Any]) -> NetworkTarget:
    return described(Makes(function), TargetCard("x", output="auto", **PLAIN), Request())


@pytest.mark.parametrize(
    ("function", "noted"),
    [
        (red, ""),
        (lambda x: {"aux": 1 - red(x), "out": red(x)}, "'out'"),
        (lambda x: red(x) * 255, "0..255"),
        (lambda x: red(x) * 2 - 1, "-1..1"),
        (needs(32), "multiples of 32"),
    ],
    ids=["probabilities", "dict", "0..255", "tanh", "multiples"],
)
def test_a_live_module_without_a_card_is_read_right(function: Callable[[Tensor], Any], noted: str) -> None:
    target = live(function)
    np.testing.assert_allclose(run_target(target, target.card, clip(), "x"), reds(clip()), atol=1e-6)
    assert noted in " ".join(target.notes)


def test_a_live_module_that_takes_one_size_only_is_settled_by_the_video() -> None:
    def of_video(x: Tensor) -> Tensor:
        if x.shape[-2:] != (20, 30):
            raise RuntimeError("another size")
        return red(x) * 255

    target = live(of_video)
    np.testing.assert_allclose(run_target(target, target.card, clip(), "x"), reds(clip()), atol=1e-6)
    late = live(lambda x: of_video(x) / 255 * 8 - 4)  # logits, found when probabilities were promised
    np.testing.assert_allclose(
        run_target(late, late.card, clip(), "x"), 1 / (1 + np.exp(4 - 8 * reds(clip()))), atol=1e-5
    )


def test_a_live_module_of_two_classes_is_refused_without_naming_options_there_are_none() -> None:
    with pytest.raises(UsageError, match="the network Makes gives 2 classes") as caught:
        live(lambda x: torch.cat([1 - red(x), red(x)], 1))
    assert "option" not in str(caught.value)


def test_boost_reads_a_live_module_that_ends_in_a_sigmoid() -> None:
    frames = clip(3, 64, 96).frames
    network = Makes(lambda x: (x[:, :1] * 0.229 + 0.485).clamp(0, 1))  # ImageNet's normalisation taken back
    result = vsodboost.boost(frames, network, motion="camera", steps=1, device="cpu")
    np.testing.assert_allclose(result.target_maps, frames[..., 0] / 255, atol=1e-5)
