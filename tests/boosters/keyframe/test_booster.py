"""The keyframe booster: what it mines, who learns, and what comes out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_plans import BrightNetwork, bright_student, small_plan, small_scene, weights_of

from vsodboost.boosters.keyframe.booster import Keyframe, PaperKeyframe, build, build_paper
from vsodboost.boosters.keyframe.low_level import non_overlap
from vsodboost.data.cards import TargetCard
from vsodboost.data.decision import Decision
from vsodboost.data.errors import UsageError
from vsodboost.data.predictions import Predictions
from vsodboost.data.scene import Scene
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline.engine import Engine
from vsodboost.registry.booster import overrides
from vsodboost.registry.interfaces import Request
from vsodboost.targets.network_target import NetworkTarget


def made(**options: str) -> Keyframe:
    """The booster with options as typed."""
    return build(Request(options=options))


def paper(**options: str) -> PaperKeyframe:
    """The paper's."""
    return build_paper(Request(options=options))


def scene_of_ratios() -> Scene:
    """Frames 0 to 3: both maps alike, overlapping by half, apart, and empty."""
    motion, target = np.zeros((4, 8, 16), np.float32), np.zeros((4, 8, 16), np.float32)
    motion[:3, :, :8] = 1
    target[0, :, :8] = 1
    target[1, :, 4:8] = 0.5
    target[2, :, 8:] = 1
    fused = np.full((4, 8, 16), 0.9, np.float32)
    return small_scene(4, (8, 16), motion_maps=motion, target=target, fused=fused)


def test_keyframes_are_those_below_the_threshold() -> None:
    scene = scene_of_ratios()
    # Frame 1: four of eight columns have nothing of the target, the others |1 - .5| / 1.501.
    second = (0.5 * 1 / 1.001) + 0.5 * (0.5 / 1.501)
    assert non_overlap(scene.motion_maps, scene.target) == pytest.approx([0, second, 1 / 1.001, 1], rel=1e-4)
    assert paper().mine(scene).indices.tolist() == [0]
    assert paper(threshold="0.7").mine(scene).indices.tolist() == [0, 1]
    mined = made(threshold="1").mine(scene)
    assert mined.indices.tolist() == [0, 1, 2]
    assert mined.weights[0] > mined.weights[1] > mined.weights[2] > 0
    assert mined.notes["keyframes"] == 3


def test_no_keyframe_is_nothing_to_learn_from() -> None:
    mined = made().mine(small_scene())
    assert len(mined) == 0
    assert "reason" in mined.notes


def test_what_teaches() -> None:
    scene = scene_of_ratios()
    mined = paper(threshold="0.7").mine(scene)
    assert (mined.pseudo_truth == scene.motion_maps[:2] * scene.target[:2]).all()  # Eq. 6
    assert made().mine(scene).pseudo_truth == pytest.approx(np.full((1, 8, 16), 1 / (1 + np.exp(-4))), rel=1e-5)


def test_a_video_model_that_repeats_bad_motion_is_not_believed() -> None:
    """Its maps overlap with the motion that misled it; the paper's test takes every frame, ours looks at the motion."""
    wrong = np.random.default_rng(0).random((4, 8, 16)).astype(np.float32)
    scene = small_scene(4, (8, 16), motion_maps=wrong, target=wrong, quality=np.full(4, 0.2, np.float32))
    assert len(paper().mine(scene)) == 4
    assert len(made().mine(scene)) == 0


def test_conventional_motion_saliency_may_choose_the_keyframes() -> None:
    flow = np.zeros((1, 40, 64, 2), np.float32)
    flow[0, 10:30, 20:40] = 5
    target = np.zeros((1, 40, 64), np.float32)
    target[0, 10:30, 20:40] = 1
    scene = small_scene(1, (40, 64), motion=flow, target=target)  # the model saw no motion
    assert len(made().mine(scene)) == 0
    assert len(made(motion="contrast", threshold="0.95").mine(scene)) == 1


def test_paper_result_is_the_product_with_the_low_level_saliency() -> None:
    scene = scene_of_ratios()
    predicted = np.full((4, 8, 16), 0.5, np.float32)
    booster = paper()
    assert overrides(booster, "fuse")
    assert len(booster.mine(scene))
    alone = Predictions(predicted, 0 * predicted)
    assert (booster.fuse(scene, alone) == 0.5 * scene.motion_maps * scene.target).all()  # Eq. 9
    assert not overrides(made(), "fuse")
    assert overrides(made(), "setup")


def test_the_decision_stands_unless_the_gate_is_off() -> None:
    scene = small_scene(2)
    boosted = np.full((2, 32, 64), 0.5, np.float32)
    zeros = np.zeros(2, np.float32)
    decision = Decision(scene.target, zeros, zeros, zeros, ("static", "low_trust"))
    booster = made()
    assert booster.decide(scene, boosted, decision) is decision
    free = made(gate="off").decide(scene, boosted, decision)
    assert (free.maps == boosted).all()
    assert free.weight.tolist() == [1, 1]
    assert free.flags == ("", "low_trust")


def torch_target(learning_rate: float | None = 0.01) -> NetworkTarget:
    """A trainable torch image model."""
    card = TargetCard(summary="bright", learning_rate=learning_rate)
    return NetworkTarget(BrightNetwork(), card, Request())


def test_the_twin_of_a_torch_target_is_the_student() -> None:
    target = torch_target()
    plan = small_plan(paper(**{"lambda": "5"}), target=target)
    own = torch.cat([p.detach().flatten() for p in target.network.parameters()])
    assert torch.equal(weights_of(plan.student), own)
    assert plan.student.network is not target.network
    assert (plan.tuning.passes, plan.tuning.batch) == (5, 1)
    assert (plan.tuning.optimizer, plan.tuning.loss) == ("sgd", "euclidean")
    assert plan.student is not plan.booster.context.student


def test_paper_defaults_and_fast_defaults() -> None:
    assert small_plan(paper()).tuning.passes == 8
    plan = small_plan(made())
    assert plan.tuning == plan.booster.context.tuning
    assert isinstance(paper(), PaperKeyframe)


def test_functions_and_models_without_a_rate_leave_the_spatial_model_to_learn() -> None:
    for target in (None, torch_target(None)):
        plan = small_plan(made(), target=target)
        assert plan.student is plan.booster.context.student
    plan = small_plan(made(rate="0.02"), target=torch_target(None))
    assert plan.student.card.learning_rate == 0.02
    assert plan.student is not plan.booster.context.student


def test_a_whole_video_teaches_the_twin_and_leaves_the_target_alone() -> None:
    """A bright square moves over noise: the target is a torch model, the twin learns low-level saliency."""
    rng = np.random.default_rng(0)
    frames = np.repeat(rng.integers(0, 60, (1, 64, 96, 3), np.uint8), 6, axis=0)
    for t in range(6):
        frames[t, 16:48, 8 * t + 8 : 8 * t + 40] = 220
    target = torch_target(0.05)
    before = [p.clone() for p in target.network.parameters()]
    from vsodboost_plugins.flow.dis import DIS

    booster = paper(threshold="0.95", rate="0.001")
    (done,) = Engine(small_plan(booster, target=target, flow=DIS())).boost(ArraySource(frames))
    assert len(done.mined) > 0
    assert len(done.losses) == 8 * len(done.mined)
    assert np.mean(done.losses[-6:]) < np.mean(done.losses[:6])
    assert all(torch.equal(p, b) for p, b in zip(target.network.parameters(), before, strict=True))
    low_level = done.scene.motion_maps * done.scene.target
    assert (done.decision.maps <= low_level + 1e-6).all()
    assert done.decision.maps.max() > 0.1


@pytest.mark.parametrize(
    "options",
    [{"threshold": "many"}, {"threshold": "-1"}, {"lambda": "0"}, {"rate": "0"}, {"gate": "maybe"},
     {"motion": "none"}, {"rate": "inf"}],
)  # fmt: skip
def test_options_that_make_no_sense(options: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="keyframe"):
        made(**options)


def test_students_without_a_twin_see_frames_alone() -> None:
    assert not bright_student().card.guidance
