"""Running a target by its card: windows cover every frame, never cross a cut, and overlap by the card's rule."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from small_plans import small_plan
from torch import Tensor, nn

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import InputError, PluginError, UsageError
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.types import Clip, Maps
from vsodboost.data.video import UnreadableSource
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.plan import as_target
from vsodboost.registry.interfaces import Request
from vsodboost.targets.network_target import CallableTarget, NetworkTarget, check_source, run_target, windows


class Recorder:
    """A target that notes which frames every call saw; its map is the call's number / 100."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.flow_given: list[bool] = []

    def predict(self, clip: Clip) -> Maps:
        self.calls.append([int(name) for name in clip.names])
        self.flow_given.append(clip.flow is not None)
        return np.full((len(clip), *clip.size), len(self.calls) / 100, np.float32)


def card(window: int = 1, **values: Any) -> TargetCard:
    return TargetCard("recorded", window=window, **values)


def clip(count: int, height: int = 8, width: int = 12) -> Clip:
    frames = np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, height, width, 3), np.uint8)
    return Clip(frames, tuple(f"{t:05d}" for t in range(count)), "clip")


@pytest.mark.parametrize(("window", "stride"), [(w, s) for w in range(1, 8) for s in range(1, w + 1)])
def test_windows_have_one_length_and_cover_every_frame(window: int, stride: int) -> None:
    for count in range(window, 25):
        found = windows(count, window, stride)
        assert all(stop - start == window and start >= 0 and stop <= count for start, stop in found)
        assert sorted({t for start, stop in found for t in range(start, stop)}) == list(range(count))
        assert [start for start, _ in found] == sorted({start for start, _ in found})


def test_frames_without_window_go_in_one_call() -> None:
    target = Recorder()
    assert run_target(target, card(), clip(5), "x").shape == (5, 8, 12)
    assert target.calls == [[0, 1, 2, 3, 4]]


def test_the_last_window_is_aligned_to_the_end() -> None:
    target = Recorder()
    run_target(target, card(window=4), clip(10), "x")
    assert target.calls == [[0, 1, 2, 3], [4, 5, 6, 7], [6, 7, 8, 9]]


def test_where_windows_overlap_maps_are_averaged_or_the_last_one_counts() -> None:
    mean = run_target(Recorder(), card(window=4, stride=2), clip(6), "x")[:, 0, 0]
    np.testing.assert_allclose(mean, [0.01, 0.01, 0.015, 0.015, 0.02, 0.02], atol=1e-6)
    last = run_target(Recorder(), card(window=4, stride=2, overlap="last"), clip(6), "x")[:, 0, 0]
    np.testing.assert_allclose(last, [0.01, 0.01, 0.02, 0.02, 0.02, 0.02], atol=1e-6)


@pytest.mark.parametrize("overlap", ["mean", "last"])
def test_a_short_shot_is_padded_with_its_last_frame(overlap: Any) -> None:
    target = Recorder()
    maps = run_target(target, card(window=5, overlap=overlap), clip(3), "x")
    assert target.calls == [[0, 1, 2, 2, 2]] and len(maps) == 3


def test_flow_is_padded_and_cut_like_frames() -> None:
    seen: list[NDArray[np.float32]] = []

    class FlowReader(Recorder):
        def predict(self, clip: Clip) -> Maps:
            assert clip.flow is not None
            seen.append(clip.flow[:, 0, 0, 0])
            return super().predict(clip)

    short = clip(2)
    flow = np.broadcast_to(np.arange(2, dtype=np.float32)[:, None, None, None], (2, 8, 12, 2))
    run_target(FlowReader(), card(window=4), Clip(short.frames, short.names, "c", flow=flow), "x")
    np.testing.assert_array_equal(seen[0], [0, 1, 1, 1])


class Idle:
    """Mines nothing."""

    def mine(self, scene: Scene) -> Mined:
        return Mined.nothing(scene)


def engine_for(target: Recorder, card: TargetCard, **options: Any) -> Engine:
    """An engine that works at the frames' own size."""
    plan = small_plan(Idle(), target=target, card=card, **options)
    plan = replace(plan, working=lambda size: size)
    return Engine(plan)


def two_shots(first: int, second: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(0)
    night = rng.integers(0, 40, (1, 64, 96, 3)).repeat(first, 0)
    day = np.add(rng.integers(0, 40, (1, 64, 96, 3)), [215, 190, 60]).repeat(second, 0)
    return np.concatenate([night, day]).astype(np.uint8)


def test_no_window_crosses_a_cut_and_shots_shorter_than_one_are_padded() -> None:
    target = Recorder()
    engine = engine_for(target, card(window=4))
    done = list(engine.boost(ArraySource(two_shots(6, 3))))
    assert engine.cuts == [6] and [len(b.scene) for b in done] == [9]
    assert target.calls == [[0, 1, 2, 3], [2, 3, 4, 5], [6, 7, 8, 8]]


def test_no_window_leaves_its_buffer() -> None:
    target = Recorder()
    engine = engine_for(target, card(window=4), buffer=6)
    assert sum(len(b.scene) for b in engine.boost(ArraySource(two_shots(11, 0)))) == 11
    assert target.calls == [[0, 1, 2, 3], [2, 3, 4, 5], [6, 7, 8, 9], [7, 8, 9, 10]]


def test_flow_is_given_to_those_who_need_it_and_a_shot_of_one_frame_has_none() -> None:
    target = Recorder()
    list(engine_for(target, card(needs_flow=True)).boost(ArraySource(two_shots(5, 1))))
    assert target.flow_given == [True, False]


def test_maps_of_any_size_come_back_at_the_source_size() -> None:
    class Corner:
        def predict(self, clip: Clip) -> Maps:
            maps = np.zeros((len(clip), 4, 6), np.float32)
            maps[:, :2, :3] = 1
            return maps

    maps = run_target(Corner(), card(), clip(2, 40, 60), "x")
    assert maps.shape == (2, 40, 60) and maps[:, :15, :24].min() > 0.99 and maps[:, 25:, 36:].max() < 0.01


def test_what_a_target_raises_becomes_a_plugin_error_that_names_the_frames() -> None:
    class Failing:
        def predict(self, clip: Clip) -> Maps:
            raise RuntimeError("out of\nmemory")

    class Missing:
        def predict(self, clip: Clip) -> Maps:
            raise InputError("no map for frame 00001")

    with pytest.raises(PluginError, match=r"^target 'x' failed on frames 00000 to 00002: out of memory$"):
        run_target(Failing(), card(), clip(3), "target 'x'")
    with pytest.raises(InputError, match="no map for frame 00001"):
        run_target(Missing(), card(), clip(3), "target 'x'")


def test_maps_that_change_their_size_between_windows_are_refused() -> None:
    class Growing(Recorder):
        def predict(self, clip: Clip) -> Maps:
            return super().predict(clip)[:, : 2 + len(self.calls)]

    with pytest.raises(PluginError, match=r"maps of \(4, 12\) after \(3, 12\); keep to one size"):
        run_target(Growing(), card(window=2), clip(4), "x")


class Mean(nn.Module):
    """The mean of the channels, noting how it was called."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: list[tuple[int, ...]] = []

    def forward(self, x: Tensor) -> tuple[Tensor, int]:
        self.shapes.append(tuple(x.shape))
        return x.mean(1, keepdim=True), 7


PLAIN: dict[str, Any] = {"mean": (0, 0, 0), "std": (1, 1, 1), "output": "probabilities"}


def test_a_network_is_fed_in_batches_at_the_cards_size_and_read_by_the_card() -> None:
    network = Mean()
    target = NetworkTarget(network, card(batch=2, input_size=(16, 24), **PLAIN), Request())
    maps = run_target(target, target.card, clip(5), "x")
    assert network.shapes == [(2, 3, 16, 24), (2, 3, 16, 24), (1, 3, 16, 24)]
    np.testing.assert_allclose(maps[:, 3, 3], np.arange(5) / 255, atol=1e-6)


def test_logits_are_squashed_and_mean_and_std_taken_off() -> None:
    target = NetworkTarget(Mean(), card(mean=(0.1, 0.2, 0.3), std=(0.5, 1.0, 2.0)), Request())
    value = 200 / 255
    expected = np.mean([(value - 0.1) / 0.5, (value - 0.2) / 1, (value - 0.3) / 2])
    frames = Clip(np.full((1, 8, 12, 3), 200, np.uint8), ("0",), "c")
    np.testing.assert_allclose(target.predict(frames), 1 / (1 + np.exp(-expected)), atol=1e-6)


def test_a_network_that_returns_no_map_is_named() -> None:
    class Two(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x[:, :2]

    with pytest.raises(PluginError, match=r"the network returned \(5, 2, 8, 12\); expected \[N, 1, h, w\]"):
        run_target(NetworkTarget(Two(), card(), Request()), card(), clip(5), "x")


@pytest.mark.parametrize(("gain", "said"), [(1.2, None), (4.0, r"'x' returned maps in \[0, 4\]; expected \[0, 1\]")])
def test_probabilities_may_overshoot_and_logits_that_pass_for_them_are_refused(gain: float, said: str | None) -> None:
    class Linear(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return gain * torch.linspace(0, 1, x.shape[-1]).expand(len(x), 1, x.shape[-2], -1)

    mine = card(output="probabilities")
    target = NetworkTarget(Linear(), mine, Request())
    if said is None:
        assert run_target(target, mine, clip(2), "target 'x'").max() == 1
    else:
        with pytest.raises(PluginError, match=said):
            run_target(target, mine, clip(2), "target 'x'")


def test_nan_of_a_network_is_found_by_the_check() -> None:
    class Nan(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x[:, :1] * torch.nan

    with pytest.raises(PluginError, match="target 'x' returned maps with NaN"):
        run_target(NetworkTarget(Nan(), card(), Request()), card(), clip(2), "target 'x'")


def test_functions_networks_and_targets_count_as_targets_and_nothing_else_does() -> None:
    recorder = Recorder()
    assert as_target(recorder, card(), Request()) is recorder
    assert isinstance(as_target(Mean(), card(), Request()), NetworkTarget)
    frames = clip(2)
    found = as_target(lambda given: given[..., 0] / 255, card(), Request()).predict(frames)
    np.testing.assert_allclose(found, frames.frames[..., 0] / 255)
    with pytest.raises(UsageError, match="an int is no target; give a function"):
        as_target(3, card(), Request())


class Checking:
    """A target that looks at the video first."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def predict(self, clip: Clip) -> Maps:
        return np.zeros(clip.frames.shape[:3], np.float32)

    def check(self, source: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_a_target_may_check_a_video_before_any_work() -> None:
    source = ArraySource(np.zeros((2, 4, 4, 3), np.uint8), name="bear")
    assert check_source(Checking(["odd"]), source, "target 'x'") == ["odd"]
    assert check_source(CallableTarget(lambda frames: frames), source, "target 'x'") == []
    with pytest.raises(InputError, match=r"^no map$"):
        check_source(Checking(InputError("no map")), source, "target 'x'")
    with pytest.raises(PluginError, match="target 'x' failed to check bear: boom"):
        check_source(Checking(RuntimeError("boom")), source, "target 'x'")
    for wrong in (None, "odd", [1]):
        with pytest.raises(PluginError, match=r"target 'x' returned no list of lines from check\(bear\)"):
            check_source(Checking(wrong), source, "target 'x'")


def test_a_video_that_cannot_be_read_is_not_put_to_the_target() -> None:
    source = UnreadableSource("bear", Path("bear"), InputError("no video"))
    with pytest.raises(InputError, match="no video"):
        check_source(Checking(RuntimeError("boom")), source, "target 'x'")


def scripted(*answers: Any) -> CallableTarget:
    """A function that gives one map a call, the same for every frame."""
    waiting = iter(answers)
    return CallableTarget(lambda frames: np.stack([next(waiting)] * len(frames)))


GREY = np.linspace(0, 255, 96).reshape(8, 12)


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.float32, np.float64])
def test_a_function_in_0_to_255_is_read_so_from_its_first_maps_on(kind: type) -> None:
    target = scripted(np.zeros((8, 12), kind), GREY.astype(kind), (GREY / 300).astype(kind))
    assert run_target(target, card(), clip(2), "x").max() == 0
    np.testing.assert_allclose(run_target(target, card(), clip(2), "x")[1], GREY.astype(kind) / 255, atol=1e-6)
    assert target.notes == ["its maps, whose values go beyond 1, are read as 0..255"]
    dark = (GREY / 300).astype(kind)
    np.testing.assert_allclose(run_target(target, card(), clip(2), "x")[0], dark / 255, atol=1e-6)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ((GREY / 255, GREY), r"maps in \[0, 255\]; expected \[0, 1\]"),
        ((np.eye(8, 12, dtype=np.uint8), GREY.astype(np.uint8)), "8-bit maps up to 255; expected float32 in"),
        ((np.eye(8, 12, dtype=np.uint8) * 3,), "8-bit maps up to 3; .*class numbers"),
        ((GREY, GREY * 4), r"maps in \[0, 1.02e\+03\]"),
        ((GREY / 25,), r"maps in \[0, 10.2\]"),
        ((GREY - 100,), r"maps in \[-100, 155\]"),
        ((np.where(GREY > 250, np.nan, GREY),), "NaN"),
    ],
)
def test_a_function_on_another_scale_or_on_two_is_refused(answers: tuple[Any, ...], said: str) -> None:
    target = scripted(*answers)
    with pytest.raises(PluginError, match=f"target 'x' returned {said}" if said != "NaN" else said):
        for _ in answers:
            run_target(target, card(), clip(2), "target 'x'")


def test_a_network_that_returns_several_maps_has_the_final_one_taken() -> None:
    class Sides(nn.Module):
        def forward(self, x: Tensor) -> dict[str, Any]:
            return {"aux": x[:, :1] * 0, "out": x[:, :1], "features": x}

    target = NetworkTarget(Sides(), card(**PLAIN), Request())
    np.testing.assert_allclose(target.predict(clip(3))[:, 0, 0], np.arange(3) / 255, atol=1e-6)


@pytest.mark.parametrize("form", [lambda maps: maps, list])
@pytest.mark.parametrize("high", [1, 255])
def test_a_function_may_answer_in_bfloat16(form: Any, high: int) -> None:
    def half(frames: Any) -> Any:
        maps = torch.zeros(frames.shape[:3], dtype=torch.bfloat16)
        maps[:, 2:4] = high
        return form(maps)

    found = run_target(CallableTarget(half), card(), clip(3), "target 'half'")
    assert found.dtype == np.float32 and (found[:, 2:4] == 1).all() and found.sum() == 3 * 2 * 12
