"""The Python API: boost a whole video, or stream one of any length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import UsageError
from vsodboost.data.types import Maps, PerFrame
from vsodboost.io.array_source import ArraySource
from vsodboost.io.source import open_inputs
from vsodboost.io.video import VideoSource
from vsodboost.pipeline.engine import BoostedBuffer, Engine
from vsodboost.pipeline.plan import Options, Plan, choose, make_plan
from vsodboost.registry.discovery import Registry


@dataclass(frozen=True)
class BoostedFrame:
    """One frame's result: ``map`` float32[H, W] in [0, 1] at the source size; ``trust`` and ``target_trust`` estimate
    the S-measure of it and of the target's map; ``flag`` is "" or why the frame is special (see ``Decision``)."""

    name: str
    index: int
    map: NDArray[np.float32]
    trust: float
    target_trust: float
    mined: bool
    quality: float
    consistency: float
    flag: str


@dataclass(frozen=True)
class Result:
    """A whole video's result, T frames: ``maps`` float32[T, H, W] in [0, 1], the target's own in ``target_maps``, and a
    value a frame of everything else. ``mining`` holds each buffer's notes, ``seconds`` the time by stage."""

    names: tuple[str, ...]
    maps: Maps
    target_maps: Maps
    trust: PerFrame
    target_trust: PerFrame
    mined: NDArray[np.bool_]
    quality: PerFrame
    consistency: PerFrame
    flags: tuple[str, ...]
    mining: tuple[dict[str, Any], ...]
    seconds: dict[str, float]
    cuts: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.maps)


def frames_of(buffer: BoostedBuffer) -> Iterator[BoostedFrame]:
    """A buffer's frames one by one."""
    mined = set(buffer.mined.indices.tolist())
    for t, name in enumerate(buffer.scene.names):
        yield BoostedFrame(
            name=name,
            index=buffer.scene.first + t,
            map=buffer.maps[t],
            trust=float(buffer.decision.trust[t]),
            target_trust=float(buffer.decision.target_trust[t]),
            mined=t in mined,
            quality=float(buffer.scene.quality[t]),
            consistency=float(buffer.scene.consistency[t]),
            flag=buffer.decision.flags[t],
        )


def boost(
    video: str | Path | Iterable[NDArray[np.uint8]] | VideoSource,
    target: Any = "lite",
    *,
    card: TargetCard | None = None,
    registry: Registry | None = None,
    **options: Any,
) -> Result:
    """Boost a target model on one video; everything is returned at once (use ``stream`` for long videos).

    Args:
        video: path of a video file or frame folder, ``uint8[T, H, W, 3]`` RGB frames, or a VideoSource.
        target: a name (``"lite"``, ``"maps:DIR"``, ``"onnx:FILE"`` ...), a function frames -> maps
            (``uint8[T, H, W, 3]`` -> ``float[T, h, w]`` in [0, 1]), a torch module, or a Target.
        card: how to feed a live target (size, normalisation, window); the default suits a function.
        registry: plugins loaded before; default: all that are installed.
        **options: the fields of ``plan.Options`` (booster, flow, seed, device, ...).

    Raises:
        UsageError: unknown names or options, or several videos behind one path.
        VideoError: the video, a map or a plugin's answer is not usable.
    """
    plan = _plan(target, card, registry, options)
    engine = Engine(plan)
    done = list(engine.boost(_source(video)))
    join = np.concatenate
    mined = [np.isin(np.arange(len(b.scene)), b.mined.indices) for b in done]
    return Result(
        names=tuple(name for b in done for name in b.scene.names),
        maps=join([b.maps for b in done]),
        target_maps=join([b.target for b in done]),
        trust=join([b.decision.trust for b in done]),
        target_trust=join([b.decision.target_trust for b in done]),
        mined=join(mined),
        quality=join([b.scene.quality for b in done]),
        consistency=join([b.scene.consistency for b in done]),
        flags=tuple(flag for b in done for flag in b.decision.flags),
        mining=tuple(b.mined.notes for b in done),
        seconds=dict(engine.seconds.spent),
        cuts=tuple(engine.cuts),
    )


def stream(
    frames: str | Path | Iterable[NDArray[np.uint8]] | VideoSource,
    target: Any = "lite",
    *,
    card: TargetCard | None = None,
    registry: Registry | None = None,
    **options: Any,
) -> Iterator[BoostedFrame]:
    """Like ``boost``, frame by frame in bounded memory: at most ``buffer`` (100) frames are held, whatever the length.

    ``frames`` may be a generator, unless the booster needs two passes. Raises as ``boost`` does.
    """
    plan = _plan(target, card, registry, options)
    for buffer in Engine(plan).boost(_source(frames)):
        yield from frames_of(buffer)
        del buffer  # before the next one is made: one at a time is resident


def _plan(target: Any, card: TargetCard | None, registry: Registry | None, options: dict[str, Any]) -> Plan:
    known = {f.name for f in fields(Options)} - {"target"}
    for name in options:
        if name not in known:
            raise UsageError(f"no option is called '{name}'; known: {', '.join(sorted(known))}")
    registry = registry or Registry.load()
    chosen = choose(options, registry)
    if isinstance(target, str):
        return make_plan(replace(chosen, target=target), registry)
    name = getattr(target, "__name__", type(target).__name__)
    live = (target, card or TargetCard(summary=f"the caller's {name}"))
    return make_plan(replace(chosen, target=name), registry, target=live)


def _source(video: Any) -> VideoSource:
    if isinstance(video, (str, Path)):
        sources = open_inputs([video])
        if len(sources) != 1:
            raise UsageError(f"{video} holds {len(sources)} videos; give one of them (or use vsodboost wrap)")
        return sources[0]
    if hasattr(video, "frames") and hasattr(video, "name"):
        source: VideoSource = video
        return source
    return ArraySource(video)
