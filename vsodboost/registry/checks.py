"""Every value a plugin returns is checked; the error names the plugin and what it did wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.decision import Decision
from vsodboost.data.errors import PluginError, a_type
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.training_set import TrainingSet
from vsodboost.data.types import FlowField, Maps, PerFrame, Proposals
from vsodboost.registry.checked_arrays import array_of, check_finite, floats, numbers

if TYPE_CHECKING:
    from torch import Tensor

LARGEST_FLOW = 8.0
"""A flow vector longer than so many times the frame's longer side is no measurement."""


def checked_maps(values: Any, count: int, plugin: str) -> Maps:
    """Return maps as ``float32[count, h, w]`` in [0, 1].

    Raises:
        PluginError: another type, rank, number of maps or dtype, or values that are not finite or outside [0, 1].
    """
    array = floats(values, plugin, "maps")
    if array.ndim == 4 and 1 in (array.shape[1], array.shape[3]):
        array = array[:, 0] if array.shape[1] == 1 else array[..., 0]
    if array.ndim != 3 or 0 in array.shape[1:]:
        raise PluginError(f"{plugin} returned maps of shape {array.shape}; expected [{count}, h, w]")
    if len(array) != count:
        raise PluginError(f"{plugin} returned {len(array)} maps for {count} frames")
    low, high = float(array.min()), float(array.max())  # not a number, if one is not
    if not np.isfinite((low, high)).all():
        check_finite(array, plugin, "maps")
    if low < -1e-4 or high > 1 + 1e-4:
        raise PluginError(
            f"{plugin} returned maps in [{low:.3g}, {high:.3g}]; expected [0, 1] (divide by 255, or apply a sigmoid)"
        )
    return np.clip(array, 0, 1, out=array)  # it is a copy already, and may be a buffer at the source size


def checked_flow(values: Any, shape: tuple[int, int, int], plugin: str) -> FlowField:
    """Return flow as ``float32[N, H, W, 2]`` for ``shape`` (N, H, W).

    Raises:
        PluginError: another shape or type, values that are not finite, or vectors far longer than the frame.
    """
    array = floats(values, plugin, "flow")
    if array.shape != (*shape, 2):
        raise PluginError(f"{plugin} returned flow of shape {array.shape}; expected {(*shape, 2)}")
    longest = max(float(array.max(initial=0)), -float(array.min(initial=0)))  # not a number, if one is not
    if not np.isfinite(longest):
        check_finite(array, plugin, "flow")
    if longest > LARGEST_FLOW * max(shape[1:], default=1):
        raise PluginError(f"{plugin} returned flow of {longest:.3g} px for frames of {shape[2]}x{shape[1]} px")
    return array


def checked_motion(values: Any, shape: tuple[int, int, int], plugin: str) -> tuple[Maps, PerFrame]:
    """Return a motion model's maps ``float32[T, h, w]`` and quality ``float32[T]`` for ``shape`` (T, h, w), both in
    [0, 1]. Raises PluginError otherwise."""
    if not isinstance(values, tuple) or len(values) != 2:
        raise PluginError(f"{plugin} returned {a_type(values)}; expected a pair of maps and quality")
    maps = checked_sized_maps(values[0], shape, plugin, "motion maps")
    return maps, numbers(values[1], shape[0], plugin, "quality", 0, 1)


def checked_logits(values: Any, shape: tuple[int, int, int], plugin: str) -> Tensor:
    """Return a spatial model's logits, a floating-point tensor ``[N, 1, h, w]`` for ``shape`` (N, h, w) with finite
    values. Raises PluginError otherwise."""
    import torch

    if not isinstance(values, torch.Tensor) or not values.is_floating_point():
        kind = str(values.dtype) if isinstance(values, torch.Tensor) else type(values).__name__
        raise PluginError(f"{plugin} returned a {kind}; expected a tensor of logits [N, 1, h, w]")
    wanted = (shape[0], 1, *shape[1:])
    if tuple(values.shape) != wanted:
        raise PluginError(f"{plugin} returned logits of shape {tuple(values.shape)}; expected {wanted}")
    if not bool(torch.isfinite(values.detach()).all()):
        raise PluginError(f"{plugin} returned logits with NaN or infinite values")
    return values


def checked_mined(mined: Any, scene: Scene, plugin: str) -> Mined:
    """Return a booster's choice as the contract has it: indices int64[K] ascending, pseudo truth and weights float32.

    Raises:
        PluginError: no ``Mined``, indices that are no frames of the scene or not ascending, pseudo truth or weights of
            the wrong shape, not finite or out of range, or an ``extra`` that is no training set for the scene.
    """
    if not isinstance(mined, Mined):
        raise PluginError(f"{plugin}: mine returned {a_type(mined)}; expected a Mined")
    indices = array_of(mined.indices, plugin, "mined indices")
    if indices.ndim != 1 or (indices.size and indices.dtype.kind not in "iu"):
        raise PluginError(f"{plugin}: mined indices are {indices.dtype}{list(indices.shape)}; expected int64[K]")
    indices = indices.astype(np.int64)
    if indices.size and (indices.min() < 0 or indices.max() >= len(scene)):
        wrong = int(indices[(indices < 0) | (indices >= len(scene))][0])
        raise PluginError(f"{plugin}: mined frame {wrong} of a scene of {len(scene)} frames")
    if (np.diff(indices) <= 0).any():
        raise PluginError(f"{plugin}: mined indices are not ascending: {indices.tolist()}")
    shape = (len(indices), int(scene.target.shape[1]), int(scene.target.shape[2]))
    truth = checked_sized_maps(mined.pseudo_truth, shape, plugin, "pseudo truth")
    weights = _weights(mined.weights, len(indices), plugin)
    extra = None if mined.extra is None else _checked_set(mined.extra, shape[1:], plugin)
    return Mined(indices, truth, weights, _checked_notes(mined.notes, len(scene), plugin), extra)


def checked_scene_maps(values: Any, scene: Scene, plugin: str, what: str) -> Maps:
    """Return maps that a booster or fusion network made for a scene, ``float32[T, h, w]`` in [0, 1] at its size.
    Raises PluginError otherwise; ``what`` says which maps they are."""
    size = (int(scene.target.shape[1]), int(scene.target.shape[2]))
    return checked_sized_maps(values, (len(scene), *size), plugin, what)


def checked_decision(decision: Any, scene: Scene, plugin: str) -> Decision:
    """Return a decision whose maps, weight, trust and flags belong to the scene's frames. Raises PluginError
    otherwise."""
    if not isinstance(decision, Decision):
        raise PluginError(f"{plugin}: decide returned {a_type(decision)}; expected a Decision")
    count = len(scene)
    flags: Any = decision.flags
    if not isinstance(flags, Sequence) or isinstance(flags, str):
        raise PluginError(f"{plugin}: flags are {a_type(flags)}; expected a word a frame")
    if len(flags) != count or not all(isinstance(flag, str) for flag in flags):
        raise PluginError(f"{plugin}: {len(flags)} flags for {count} frames; expected a word a frame")
    found = {f: numbers(getattr(decision, f), count, plugin, f, 0, 1) for f in ("weight", "trust", "target_trust")}
    maps = checked_scene_maps(decision.maps, scene, plugin, "maps")
    doubt = None if decision.doubt is None else checked_scene_maps(decision.doubt, scene, plugin, "doubt")
    low, high = (
        None if end is None else numbers(end, count, plugin, name, 0, 1)
        for end, name in ((decision.trust_low, "trust_low"), (decision.trust_high, "trust_high"))
    )
    if low is not None and high is not None:  # a booster may have changed its mind about trust alone
        low, high = np.minimum(low, found["trust"]), np.maximum(high, found["trust"])
    detail = bool(decision.target_detail)
    return Decision(
        maps, **found, flags=tuple(flags), target_detail=detail, doubt=doubt, trust_low=low, trust_high=high
    )


def checked_fixed_maps(values: Any, scene: Scene, plugin: str) -> dict[int, NDArray[np.float32]]:
    """Return a booster's fixed maps ``float32[H, W]`` in [0, 1] by index in the scene. Raises PluginError otherwise."""
    if not isinstance(values, Mapping):
        raise PluginError(f"{plugin}: fixed_maps returned {a_type(values)}; expected maps by index")
    checked = {}
    for index, value in values.items():
        if not isinstance(index, (int, np.integer)) or not 0 <= index < len(scene):
            raise PluginError(f"{plugin}: a fixed map for frame {index!r} of a scene of {len(scene)} frames")
        array = array_of(value, plugin, f"a fixed map of frame {index}")
        checked[int(index)] = checked_maps(array[None], 1, f"{plugin}, fixed map of frame {index}:")[0]
    return checked


def checked_proposals(values: Any, count: int, plugin: str) -> list[Proposals]:
    """Return a detector's proposals, one ``Proposals`` for each of ``count`` frames, with boxes ``float32[N, 4]`` px
    and scores ``float32[N]``. Raises PluginError otherwise."""
    if not isinstance(values, Sequence) or len(values) != count:
        given = f"{len(values)} of them" if isinstance(values, Sequence) else a_type(values)
        raise PluginError(f"{plugin} returned {given}; expected Proposals for each of {count} frames")
    checked = []
    for t, found in enumerate(values):
        if not isinstance(found, Proposals):
            raise PluginError(f"{plugin} returned {a_type(found)} for frame {t}; expected Proposals")
        boxes, scores = (floats(v, plugin, w) for v, w in ((found.boxes, "boxes"), (found.scores, "scores")))
        if boxes.size == 0 and scores.size == 0:
            boxes, scores = boxes.reshape(0, 4), scores.reshape(0)
        if boxes.ndim != 2 or boxes.shape[1] != 4 or scores.shape != boxes.shape[:1]:
            raise PluginError(
                f"{plugin} returned boxes {list(boxes.shape)} and scores {list(scores.shape)} for frame {t}; "
                "expected [N, 4] and [N]"
            )
        for array, what, one in ((boxes, "boxes", "box"), (scores, "scores", "score")):
            check_finite(array, plugin, f"{what} for frame {t}", first=one)
        if scores.size and not (scores.min() >= 0 and scores.max() <= 1):
            raise PluginError(f"{plugin} returned scores in [{scores.min():.3g}, {scores.max():.3g}]; expected [0, 1]")
        checked.append(Proposals(boxes, scores))
    return checked


def checked_summary(summary: Mapping[str, Any], plugin: str) -> dict[str, Any]:
    """Return what ``run.json`` says of a video, to which ``plugin`` may have added, as JSON values: NumPy's numbers and
    arrays become Python's. Raises PluginError when anything else is no JSON value."""
    try:
        plain: dict[str, Any] = json.loads(json.dumps(summary, default=_plain))
    except (TypeError, ValueError, RecursionError) as error:
        raise PluginError(f"{plugin} put into the summary what run.json cannot hold: {error}") from error
    return plain


def checked_files(names: Any, plugin: str) -> list[str]:
    """Return the ``output_files`` of a writer. Raises PluginError when they are not paths below the video's folder."""
    if not isinstance(names, Sequence) or isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise PluginError(f"{plugin} has {a_type(names)} for output_files; expected paths below the video's folder")
    wrong = [name for name in names if any(not part or part.startswith(".") for part in name.split("/"))]
    if wrong:
        raise PluginError(f"{plugin} has {wrong[0]!r} among its output_files; expected paths below the video's folder")
    return list(names)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise TypeError(f"{a_type(value)} is no JSON value")


def _checked_notes(notes: Any, count: int, plugin: str) -> dict[str, Any]:
    """Return a booster's notes on a scene of ``count`` frames, of which "warnings" and "boxes" are read by others."""
    if not isinstance(notes, Mapping):
        raise PluginError(f"{plugin}: notes are {a_type(notes)}; expected a dict")
    warnings, boxes = notes.get("warnings", ()), notes.get("boxes", ())
    if not isinstance(warnings, (list, tuple)) or not all(isinstance(line, str) for line in warnings):
        raise PluginError(f"{plugin}: the notes' 'warnings' are to be a list of lines")
    if not isinstance(boxes, (list, tuple)) or not all(_is_box(box, count) for box in boxes):
        raise PluginError(
            f"{plugin}: the notes' 'boxes' are to be a list of "
            "{'frame': index in the scene, 'box': [x0, y0, x1, y1], 'kind': 'salient'}"
        )
    return dict(notes)


def _is_box(box: Any, count: int) -> bool:
    if not isinstance(box, Mapping) or not isinstance(box.get("kind"), str):
        return False
    frame = box.get("frame")
    try:
        sides = array_of(box.get("box", ()), "", "")
    except PluginError:
        return False
    if not isinstance(frame, (int, np.integer)) or not 0 <= int(frame) < count:
        return False
    return sides.shape == (4,) and sides.dtype.kind in "fiu" and bool(np.isfinite(sides).all())


def _checked_set(extra: Any, size: tuple[int, int], plugin: str) -> TrainingSet:
    if not isinstance(extra, TrainingSet):
        raise PluginError(f"{plugin}: extra is {a_type(extra)}; expected a TrainingSet")
    shape = (len(extra.frames), *size)
    wanted = {
        "frames": (*shape, 3),
        "pseudo_truth": shape,
        "weights": shape[:1],
        "motion": (*shape, 2),
        "target": shape,
    }
    for f in fields(TrainingSet):
        given = np.shape(getattr(extra, f.name))
        if given != wanted[f.name]:
            raise PluginError(f"{plugin}: extra.{f.name} has shape {given}; expected {wanted[f.name]}")
    truth = checked_sized_maps(extra.pseudo_truth, shape, plugin, "extra pseudo truth")
    return TrainingSet(
        extra.frames, truth, _weights(extra.weights, shape[0], plugin),
        checked_flow(extra.motion, shape, plugin), checked_sized_maps(extra.target, shape, plugin, "extra target"),
    )  # fmt: skip


def checked_sized_maps(values: Any, shape: tuple[int, int, int], plugin: str, what: str) -> Maps:
    """Return maps ``float32[N, h, w]`` in [0, 1] of exactly ``shape``. Raises PluginError otherwise; ``what`` says
    which maps they are."""
    array = floats(values, plugin, what)
    if array.shape != shape:
        raise PluginError(f"{plugin} returned {what} of shape {array.shape}; expected {shape}")
    low, high = float(array.min(initial=0)), float(array.max(initial=0))  # not a number, if one is not
    if not np.isfinite((low, high)).all():
        check_finite(array, plugin, what)
    if low < -1e-4 or high > 1 + 1e-4:
        raise PluginError(f"{plugin} returned {what} in [{low:.3g}, {high:.3g}]; expected [0, 1]")
    return np.clip(array, 0, 1, out=array)  # it is a copy already, and may be a buffer at the source size


def _weights(values: Any, count: int, plugin: str) -> PerFrame:
    weights = numbers(values, count, plugin, "weights", -np.inf, np.inf)
    if (weights <= 0).any():
        raise PluginError(f"{plugin} returned a weight of {weights.min():.3g}; weights are above 0")
    return weights
