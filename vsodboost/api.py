"""The Python API: boost a whole video, stream one of any length, or build everything once for many videos."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from os import PathLike
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.labels.reading import LabelArrays
from vsodboost.data.arguments import flag, path, refusal
from vsodboost.data.boosted import BoostedFrame
from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import UsageError, a_type
from vsodboost.data.video import VideoSource
from vsodboost.datasets import registered_layouts
from vsodboost.datasets.inputs import open_inputs
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline.arguments import checked_arguments
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.options import choose
from vsodboost.pipeline.plan import Plan, make_plan
from vsodboost.registry.discovery import Registry
from vsodboost.targets.network_target import notes_of
from vsodboost.writers.result import FrameResults, Result

if TYPE_CHECKING:
    from typing_extensions import Unpack

Labels = str | Path | Mapping[int, NDArray[Any]]
"""A folder of labels, or masks by the index of their frame."""
Video = str | Path | Iterable[NDArray[np.uint8]] | VideoSource


class OptionArguments(TypedDict, total=False):
    """The options of ``boost``, ``stream`` and ``VideoBooster``: fields of ``pipeline.options.Options``."""

    profile: Literal["fast", "quick", "paper"]
    booster: str
    flow: str
    spatial_model: str
    fusion_network: str
    detector: str
    motion: str
    decision: str
    buffer: int
    steps: int | None
    device: str
    seed: int
    carry_over: bool
    target_options: Mapping[str, Any]
    booster_options: Mapping[str, Any]
    flow_options: Mapping[str, Any]
    detector_options: Mapping[str, Any]
    start: float | str | None
    stop: float | str | None
    max_frames: int | None
    every: int | None
    size: str | int | None


class VideoBooster:
    """Everything built once, for any number of videos: networks are loaded here, and the student forgets each video
    before the next, so that results do not depend on the order. One video at a time: what is to be boosted meanwhile,
    or in another thread, needs a VideoBooster of its own.

        booster = vsodboost.VideoBooster("maps:my_maps/", seed=1)
        for path in paths:
            booster.boost(path).save(f"out/{path.stem}")
    """

    def __init__(
        self,
        target: Any = "lite",
        *,
        card: TargetCard | None = None,
        registry: Registry | None = None,
        labels: Labels | None = None,
        **options: Unpack[OptionArguments],
    ) -> None:
        """Build the parts.

        Args:
            target: a name (``"lite"``, ``"maps:DIR"``, ``"onnx:FILE"`` ...), a function frames -> maps
                (``uint8[T, H, W, 3]`` -> ``float[T, h, w]`` in [0, 1]), a torch module, or a Target.
            card: how to feed a live target (size, normalisation, window); the default suits a function, and a torch
                module that takes frames normalised as for ImageNet: a trial call finds what its output means.
            registry: plugins loaded before; default: all that are installed.
            labels: masks of some frames, ``{frame index: mask}`` (see ``boosters.labels.reading.LabelArrays``), or a
                folder of them; the booster is ``labels`` if none is named.
            **options: see ``OptionArguments``.

        Raises:
            UsageError: unknown names or options, or values that they do not take.
            WeightsError: weights are missing.
        """
        self._turn = Lock()
        self.plan = _plan(target, card, registry, _with_labels(dict(options), labels))

    def boost(self, video: Video, *, progress: bool = False) -> Result:
        """Return the result of a whole video at once (use ``stream`` for long videos).

        ``video`` is the path of a video file or frame folder, ``uint8[T, H, W, 3]`` RGB frames, or a VideoSource.
        ``progress`` shows how far it is, on standard error or in the notebook.

        Raises:
            UsageError: several videos behind one path, or another video is still being boosted.
            VideoError: the video, a map or a plugin's answer is not usable.
        """
        engine, source = Engine(self.plan), self._part_of(video)
        kept: list[FrameResults] = []
        notes: list[dict[str, Any]] = []
        with self._alone(), _watched(self.plan, source, flag("progress", progress)) as finished:
            for buffer in engine.boost(source):
                kept.append(FrameResults.of(buffer))
                notes.append(buffer.mined.notes)
                finished(len(buffer))
                del buffer  # before the next one is made: of this one only its result stays
            said = notes_of(self.plan.target)
        together = FrameResults.concat(kept)
        return Result(
            **{f.name: getattr(together, f.name) for f in fields(FrameResults)},
            mining=_with_warnings(notes, said),
            seconds=dict(engine.seconds.spent),
            cuts=tuple(engine.cuts),
        )

    def stream(self, frames: Video) -> Iterator[BoostedFrame]:
        """Yield a video frame by frame in bounded memory: at most ``buffer`` (100) frames are held, whatever the
        length. ``frames`` may be a generator, unless the booster needs two passes. Raises as ``boost`` does.

        From its first frame on a stream has the VideoBooster to itself, until it ends, fails, is closed (``close()``)
        or forgotten.
        """
        source = self._part_of(frames)
        with self._alone():
            for buffer in Engine(self.plan).boost(source):
                yield from buffer.by_frame()
                del buffer  # before the next one is made: one at a time is resident

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep every other video out meanwhile: the student and the booster know one at a time."""
        if not self._turn.acquire(blocking=False):
            raise UsageError(
                "another video of this VideoBooster is still being boosted; finish or close() its stream, or build a "
                "second VideoBooster for this one"
            )
        try:
            yield
        finally:
            self._turn.release()

    def _part_of(self, video: Video) -> VideoSource:
        return self.plan.options.part.of(_source(video, self.plan.registry))


def boost(
    video: Video,
    target: Any = "lite",
    *,
    card: TargetCard | None = None,
    registry: Registry | None = None,
    labels: Labels | None = None,
    progress: bool = False,
    **options: Unpack[OptionArguments],
) -> Result:
    """Boost a target model on one video; everything is returned at once. See ``VideoBooster`` for arguments, options
    and errors; build one of those where there are several videos."""
    return VideoBooster(target, card=card, registry=registry, labels=labels, **options).boost(video, progress=progress)


def stream(
    frames: Video,
    target: Any = "lite",
    *,
    card: TargetCard | None = None,
    registry: Registry | None = None,
    labels: Labels | None = None,
    **options: Unpack[OptionArguments],
) -> Iterator[BoostedFrame]:
    """Boost a target model frame by frame, in bounded memory. See ``VideoBooster``.

    >>> def bright(frames):  # a target: uint8[T, H, W, 3] -> float[T, H, W] in [0, 1]
    ...     return frames.max(axis=3) / 255
    >>> for frame in vsodboost.stream(frames, bright, labels={0: mask}, steps=1):
    ...     print(frame.name, frame.map.shape, frame.flag)
    00000 (48, 64) labelled
    00001 (48, 64)
    00002 (48, 64)
    """
    yield from VideoBooster(target, card=card, registry=registry, labels=labels, **options).stream(frames)


@contextmanager
def _watched(plan: Plan, source: VideoSource, progress: bool) -> Iterator[Callable[[int], None]]:
    """Show the progress of one video, if it is asked for; what is given is to be called with frames that are done."""
    if not progress:
        yield lambda count: None
        return
    from vsodboost.pipeline.progress import shown

    with shown(plan, [source]) as watched:
        watched.started(source)
        yield lambda count: watched.frames(source, count)


def _plan(target: Any, card: TargetCard | None, registry: Registry | None, options: dict[str, Any]) -> Plan:
    known = OptionArguments.__annotations__
    for name in options:
        if name not in known:
            raise UsageError(f"no option is called '{name}'; known: {', '.join(sorted(known))}")
    for name, value, kind in (("card", card, TargetCard), ("registry", registry, Registry)):
        if value is not None and not isinstance(value, kind):
            raise refusal(name, value, f"a {kind.__name__}")
    registry = registry or Registry.load()
    chosen = choose(checked_arguments(options), registry)
    if isinstance(target, str):
        if card is not None:
            raise UsageError(f"card: target '{target}' has one of its own; a card is for a function, module or Target")
        return make_plan(replace(chosen, target=target), registry)
    name = getattr(target, "__name__", type(target).__name__)
    live = (target, card or TargetCard(summary=f"the caller's {name}", output="auto"))
    return make_plan(replace(chosen, target=name), registry, target=live)


def _with_labels(options: dict[str, Any], labels: Labels | None) -> dict[str, Any]:
    """Return options that hold the labels, too. Raises UsageError where they are there already."""
    if labels is None:
        return options
    given = str(path("labels", labels)) if isinstance(labels, (str, PathLike)) else LabelArrays(labels)
    others = options.get("booster_options", {})
    if not isinstance(others, Mapping):
        raise refusal("booster_options", others, "{'name': 'value'}")
    if "labels" in others:
        raise UsageError("labels and booster_options['labels']: give one of them")
    return {"booster": "labels", **options, "booster_options": {**others, "labels": given}}


def _with_warnings(notes: list[dict[str, Any]], warnings: list[str]) -> tuple[dict[str, Any], ...]:
    """Return the buffers' notes, with more warnings in the first."""
    if not warnings or not notes:
        return tuple(notes)
    return ({**notes[0], "warnings": [*warnings, *notes[0].get("warnings", ())]}, *notes[1:])


def _source(video: Any, registry: Registry) -> VideoSource:
    if isinstance(video, (str, PathLike)):
        given = path("video", video)
        sources = open_inputs([video if isinstance(video, str) else given], layouts=registered_layouts(registry))
        if len(sources) != 1:
            raise UsageError(f"{video} holds {len(sources)} videos; give one of them (or use vsodboost wrap)")
        return sources[0]
    if hasattr(video, "frames") and hasattr(video, "name"):
        missing = [name for name in ("path", "fps", "length") if not hasattr(video, name)]
        if missing or not callable(video.frames):
            wanted = "a VideoSource has name, path, fps, length and frames()"
            raise UsageError(f"video: {a_type(video)} has no {', '.join(missing) or 'frames()'}; {wanted}")
        source: VideoSource = video
        return source
    return ArraySource(video)
