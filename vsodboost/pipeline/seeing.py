"""From a buffer of frames to the scene: motion cues, the target's maps, the untuned predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vsodboost.data.rows import Selection
from vsodboost.data.scene import Scene
from vsodboost.data.types import Clip, FlowField, Maps
from vsodboost.ops.resize import resize_frames, resize_maps
from vsodboost.ops.s_measure import s_measure
from vsodboost.ops.tensors import as_tensor
from vsodboost.perception.carrying import BY_FUSION, with_carried
from vsodboost.perception.links import smooth_along_flow
from vsodboost.perception.perceive import MotionCues, perceive
from vsodboost.pipeline.plan import Plan
from vsodboost.pipeline.stage_timer import StageTimer
from vsodboost.registry.checks import checked_sized_maps
from vsodboost.registry.guard import guarded
from vsodboost.registry.interfaces import FusesSeveral
from vsodboost.targets.network_target import missing_frames, run_target


def see(plan: Plan, clip: Clip, shots: Sequence[tuple[int, int]], seconds: StageTimer) -> tuple[Scene, Maps]:
    """Return the scene of a buffer at the working size, and the target's maps ``float32[T, H, W]`` at the source size.

    Raises:
        PluginError: flow estimator, motion model, target or fusion network failed, or returned something else.
    """
    size = plan.working(clip.size)
    small = replace(clip, frames=resize_frames(clip.frames, size))
    with seconds.of("perceive"):
        by_shot = [
            perceive(plan.flow, plan.motion, small.part(a, b), plan.name("flow"), plan.name("motion")) for a, b in shots
        ]
    with seconds.of("target"):
        by_target = [
            run_target(plan.target, plan.target_card, _shot(plan, clip, a, b, cues.flow), plan.name("target"))
            for (a, b), cues in zip(shots, by_shot, strict=True)
        ]
        # A copy of one shot's maps would be a second buffer at the source size.
        target = by_target[0] if len(by_target) == 1 else np.concatenate(by_target)
        del by_target
        silent = missing_frames(plan.target, clip, plan.name("target"))
    cues = MotionCues.concat(by_shot)
    small_target = resize_maps(target, size)
    with seconds.of("fuse"):
        if silent.any():  # there the student speaks for the target
            (alone,) = _untuned(plan, small, cues, (None,), shots)
            small_target = np.where(silent[:, None, None], alone, small_target)
            target[silent] = resize_maps(alone[silent], clip.size)
            (fused,) = _untuned(plan, small, cues, (small_target,), shots)
        else:
            fused, alone = _untuned(plan, small, cues, (small_target, None), shots)
        fused, without_target = (smooth_along_flow(maps, cues.links) for maps in (fused, alone))
    agreement = s_measure(as_tensor(cues.maps), as_tensor(small_target)).clamp(0, 1).numpy()
    scene = Scene(
        video=clip.video,
        names=clip.names,
        first=clip.first,
        frames=small.frames,
        shots=tuple(shots),
        target=small_target,
        motion=cues.motion,
        motion_maps=cues.maps,
        fused=fused,
        quality=cues.quality,
        consistency=agreement,
        static=cues.static,
        full=clip.frames,
        fused_without_target=without_target,
        links=cues.links,
        no_target=silent,
    )
    return scene, target


def _untuned(
    plan: Plan, small: Clip, cues: MotionCues, maps: Sequence[Maps | None], shots: Sequence[tuple[int, int]]
) -> list[Maps]:
    """Return what the fusion network makes of each of ``maps``; of every third frame, and along the flow of the
    others, unless the plan asks of every frame."""
    name, network = plan.name("fusion_network"), plan.fusion

    def answer(rows: Selection) -> list[Maps]:
        frames, motion = small.frames[rows], cues.motion[rows]
        chosen = [None if given is None else given[rows] for given in maps]
        with guarded(name):
            if isinstance(network, FusesSeveral):
                predicted = network.predict_each(frames, motion, chosen)
            else:
                predicted = [network.predict(frames, motion, given) for given in chosen]
        return [checked_sized_maps(each, (len(frames), *small.size), name, "maps") for each in predicted]

    if plan.asks_of_every_frame:
        return answer(slice(None))
    return with_carried(answer, cues.links, cues.maps, shots, BY_FUSION)


def _shot(plan: Plan, clip: Clip, start: int, stop: int, flow: FlowField) -> Clip:
    part = clip.part(start, stop)
    return replace(part, flow=flow) if plan.target_card.needs_flow and stop - start > 1 else part
