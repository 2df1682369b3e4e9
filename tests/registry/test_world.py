"""The caller's settings and ours leave each other alone."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_plans import numbered, small_plan

import vsodboost
from vsodboost.data.scene import Mined, Scene
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline.engine import Engine
from vsodboost.registry.booster import Booster
from vsodboost.registry.guard import guarded
from vsodboost.registry.world import foreign_world, own_world, stepwise

FRAMES = numbered(np.random.default_rng(0).integers(0, 255, (4, 64, 96, 3), np.uint8))


class First(Booster):
    """Mines the first frame."""

    def mine(self, scene: Scene) -> Mined:
        return Mined(np.arange(1), 1 - scene.target[:1], np.ones(1, np.float32))


def boosted(function: Any = None) -> np.ndarray:
    """Final maps of a plan of small parts, tuned on one frame."""
    with own_world():  # as make_plan does
        plan = small_plan(First(), function)
    (done,) = Engine(plan).boost(ArraySource(FRAMES))
    assert len(done.losses) == 3
    return done.maps


@pytest.fixture
def expected() -> np.ndarray:
    return boosted()


@pytest.fixture(autouse=True)
def settings() -> Iterator[None]:
    """Give the process's settings back after each test."""
    errors, dtype, folder, grad = np.geterr(), torch.get_default_dtype(), Path.cwd(), torch.is_grad_enabled()
    yield
    np.seterr(**errors)
    torch.set_default_dtype(dtype)
    torch.set_grad_enabled(grad)
    os.chdir(folder)


def print_nothing() -> None:
    """Stands for somebody's code."""


def test_without_gradients_it_is_tuned_all_the_same(expected: np.ndarray) -> None:
    with torch.no_grad():
        assert (boosted() == expected).all()
        assert not torch.is_grad_enabled()


def test_in_inference_mode(expected: np.ndarray) -> None:
    with torch.inference_mode():
        assert (boosted() == expected).all()
        assert torch.is_inference_mode_enabled()


def test_with_doubles_as_the_default(expected: np.ndarray) -> None:
    torch.set_default_dtype(torch.float64)
    assert (boosted() == expected).all()
    assert torch.get_default_dtype() == torch.float64


def test_where_numpy_raises_on_everything(expected: np.ndarray) -> None:
    with np.errstate(all="raise"):
        assert (boosted() == expected).all()
        assert set(np.geterr().values()) == {"raise"}


def test_random_states_are_given_back() -> None:
    torch.manual_seed(5)
    np.random.seed(5)
    state, numbers = torch.get_rng_state(), np.random.get_state()[1].copy()

    def drawing(frames: np.ndarray) -> np.ndarray:
        torch.rand(1)
        np.random.rand(1)
        return frames[..., 0] / np.float32(255)

    boosted(drawing)
    assert torch.equal(torch.get_rng_state(), state)
    assert (np.random.get_state()[1] == numbers).all()


def test_a_target_finds_its_own_settings_again_and_ours_are_left_alone(tmp_path: Path, expected: np.ndarray) -> None:
    seen = []

    def changing(frames: np.ndarray) -> np.ndarray:
        seen.append((torch.get_default_dtype(), Path.cwd().name, np.geterr()["over"]))
        torch.set_default_dtype(torch.float64)
        np.seterr(all="raise")
        os.chdir(tmp_path)
        return frames[..., 0] / np.float32(255)

    home = Path.cwd()
    plan = small_plan(First(), changing, buffer=2)
    done = list(Engine(plan).boost(ArraySource(FRAMES)))
    assert len(done) == 2
    assert seen == [(torch.float32, home.name, "warn"), (torch.float64, tmp_path.name, "raise")]
    assert (torch.get_default_dtype(), Path.cwd(), np.geterr()["over"]) == (torch.float32, home, "warn")


def test_a_target_that_writes_into_its_frames_spoils_nothing(expected: np.ndarray) -> None:
    def spoiling(frames: np.ndarray) -> np.ndarray:
        maps = frames[..., 0] / np.float32(255)
        frames[:] = 0
        return maps

    frames = FRAMES.copy()
    plan = small_plan(First(), spoiling)
    (done,) = Engine(plan).boost(ArraySource(frames))
    assert (done.maps == expected).all()
    assert (done.frames == FRAMES).all()
    assert (frames == FRAMES).all()


def test_between_steps_the_callers_settings_hold() -> None:
    def steps() -> Iterator[bool]:
        yield torch.is_grad_enabled()
        yield torch.is_grad_enabled()

    with torch.no_grad():
        for ours in stepwise(steps()):
            assert ours
            assert not torch.is_grad_enabled()


def test_worlds_may_lie_within_each_other() -> None:
    torch.set_default_dtype(torch.float64)
    with own_world(), own_world():
        assert torch.get_default_dtype() == torch.float32
        with foreign_world():
            assert torch.get_default_dtype() == torch.float64
            with own_world():
                assert torch.get_default_dtype() == torch.float32
            assert torch.get_default_dtype() == torch.float64
        assert torch.get_default_dtype() == torch.float32
    assert torch.get_default_dtype() == torch.float64


def test_what_is_raised_between_worlds_leaves_them_as_they_were() -> None:
    torch.set_default_dtype(torch.float64)
    raised = pytest.raises(vsodboost.PluginError, match="somebody failed: no")
    with raised, own_world(), guarded("somebody", of=print_nothing):
        assert torch.get_default_dtype() == torch.float64
        raise ValueError("no")
    assert torch.get_default_dtype() == torch.float64


def test_a_warning_of_the_callers_filter_is_no_error_of_ours() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        boosted()


def test_each_thread_has_its_own_world() -> None:
    def inside() -> bool:
        with torch.inference_mode(), own_world():
            return torch.is_inference_mode_enabled()

    with own_world(), ThreadPoolExecutor(1) as pool:
        assert pool.submit(inside).result() is False
