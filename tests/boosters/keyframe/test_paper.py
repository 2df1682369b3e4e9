"""The plug-and-play paper on a tiny video, worked out here once more from its equations, down to the result."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_plans import BrightNetwork, bright_student, small_plan

from vsodboost.boosters.cards import KEYFRAME_PAPER
from vsodboost.boosters.keyframe.booster import PaperKeyframe, build_paper
from vsodboost.data.boosted import BoostedBuffer
from vsodboost.data.cards import TargetCard
from vsodboost.data.types import FlowField, Frames, Maps, PerFrame
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline.engine import Engine
from vsodboost.registry.interfaces import Request
from vsodboost.targets.network_target import NetworkTarget

H, W, COUNT = 32, 64, 4
RATE = 3e-4


def video() -> Frames:
    """A bright square that moves over noise."""
    frames = np.random.default_rng(0).integers(0, 90, (COUNT, H, W, 3)).astype(np.uint8)
    for t in range(COUNT):
        frames[t, 8:24, 8 * t + 4 : 8 * t + 20] = 230 - 10 * t
    return frames


class Motion:
    """Right in the first two frames, astray in the third, nothing in the last."""

    def predict_flow(self, flow: FlowField) -> tuple[Maps, PerFrame]:
        maps = np.zeros(flow.shape[:3], np.float32)
        for t, (x, value) in enumerate(((4, 0.9), (12, 0.8), (44, 0.9))):
            maps[t, 8:24, x : x + 16] = value
        return maps, np.ones(len(flow), np.float32)


def booster(**options: str) -> PaperKeyframe:
    return build_paper(Request(options={"rate": str(RATE), **options}))


def boosted(made: PaperKeyframe, **parts: object) -> BoostedBuffer:
    from dataclasses import replace

    plan = replace(small_plan(made, booster_card=KEYFRAME_PAPER, **parts), motion=Motion(), working=lambda size: size)  # type: ignore[arg-type]
    (done,) = Engine(plan).boost(ArraySource(video()))
    return done


def images() -> torch.Tensor:
    return torch.from_numpy(((video().astype(np.float32) / 255 - 0.5) / 0.5).transpose(0, 3, 1, 2))


def keyframes(motion: Maps, colour: Maps) -> list[int]:
    """Eq. 7 with the hard threshold .1 and C = .001; below .6 it is a keyframe."""
    found = []
    for t, (ms, cs) in enumerate(zip(motion, colour, strict=True)):
        m, c, both = (np.where(x < 0.1, 0, x) for x in (ms, cs, ms + cs))
        if np.count_nonzero(both) and (np.abs(m - c) / (m + c + 0.001)).sum() / np.count_nonzero(both) < 0.6:
            found.append(t)
    return found


def learned_by_hand(network: torch.nn.Module, chosen: list[int], truth: Maps, seed: int = 0) -> None:
    """Eq. 8 on one keyframe a step, 8 N steps, SGD with momentum .95 and weight decay 5e-4; each comes once before any
    comes again, in the order that the seed draws."""
    rng = np.random.default_rng([seed, len(chosen)])
    order: list[int] = []
    velocity = [torch.zeros_like(p) for p in network.parameters()]
    for _ in range(8 * len(chosen)):
        if not order:
            order = [chosen[i] for i in rng.permutation(len(chosen))]
        key = order.pop(0)
        _draw(rng)
        said = torch.sigmoid(network(images()[key : key + 1]))[0, 0]
        loss = (torch.from_numpy(truth[key]) - said).square().sum() / 2
        gradients = torch.autograd.grad(loss, list(network.parameters()))
        norm = float(torch.sqrt(sum((g.square().sum() for g in gradients), torch.zeros(()))))
        with torch.no_grad():
            for p, g, v in zip(network.parameters(), gradients, velocity, strict=True):
                v.mul_(0.95).add_(g * min(1.0, 5 / (norm + 1e-6)) + 5e-4 * p)
                p.sub_(RATE * v)


def _draw(rng: np.random.Generator) -> None:
    """Whether a batch is mirrored is drawn, too, and then not done."""
    rng.random()


def test_one_tiny_video_by_the_papers_own_steps() -> None:
    half = (0.5, 0.5, 0.5)
    target = NetworkTarget(BrightNetwork(), TargetCard(summary="b", mean=half, std=half, learning_rate=0.01), Request())
    done = boosted(booster(), target=target)
    colour = torch.sigmoid(BrightNetwork()(images()))[:, 0].detach().numpy()
    motion = done.scene.motion_maps
    chosen = keyframes(motion, colour)
    assert done.mined.indices.tolist() == chosen == [0, 1]
    low_level = motion * colour  # Eq. 6
    assert done.mined.pseudo_truth == pytest.approx(low_level[chosen], abs=1e-6)
    twin = BrightNetwork()
    learned_by_hand(twin, chosen, low_level)
    with torch.no_grad():
        said = torch.sigmoid(twin(images()))[:, 0].numpy()
    assert np.abs(said - colour).max() > 0.005
    assert len(done.losses) == 16
    assert np.abs(done.maps - said * low_level).max() < 1e-5  # Eq. 9, and nothing beside it
    assert done.decision.flags[3] in ("", "low_trust")


def test_a_target_of_maps_has_no_twin_and_the_run_says_who_learns() -> None:
    plan = small_plan(build_paper(Request()))
    assert plan.student is plan.booster.context.student
    assert plan.tuning.rate == pytest.approx(0.1 * bright_student().card.learning_rate)
    done = boosted(booster())
    assert any("in place of a twin" in line for line in done.mined.notes["warnings"])


def test_without_keyframes_the_twin_is_the_untouched_target() -> None:
    done = boosted(booster(threshold="0"))
    assert len(done.mined) == 0
    colour = video()[..., 0] / np.float32(255)
    assert done.maps == pytest.approx(colour * colour * done.scene.motion_maps, abs=1e-6)
