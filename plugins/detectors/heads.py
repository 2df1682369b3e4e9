"""What exported detectors return, decoded: boxes and class-agnostic scores.

Every decoder returns boxes ``float32[N, 4]`` (x0, y0, x1, y1, in the unit that the graph has) and scores
``float32[N]``. A score is the best class's, times objectness where the head has one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import PluginError
from vsodboost.data.types import Boxes

from .feeding import HEADS, Head

Scores = NDArray[np.float32]
Outputs = Mapping[str, NDArray[Any]]
Decoded = tuple[Boxes, Scores]
LARGEST_LOGIT = 88.0  # of exp in float32
SIDE_OF_D7 = 1536


def decoded(outputs: Outputs, head: Head | None, *, sigmoid: bool = False, size: tuple[int, int] = (0, 0)) -> Decoded:
    """Boxes and scores of one frame.

    Args:
        outputs: the graph's outputs by name, in its order, for a batch of one frame.
        head: how they are laid out; None: found out from names, shapes and values.
        sigmoid: scores are logits.
        size: (H, W) px of the picture, for heads whose anchors are not among the outputs.

    Raises:
        PluginError: they are nothing that is known, or scores lie outside [0, 1].
    """
    arrays = {name: np.asarray(value) for name, value in outputs.items()}
    head = head or recognised(arrays)
    values = list(arrays.values())
    if head == "yolo-rows":
        boxes, scores = rows(_frame(values[0], 3), sigmoid=sigmoid)
    elif head == "yolo-columns":
        boxes, scores = columns(_frame(values[0], 3), sigmoid=sigmoid)
    elif head == "end2end":
        table = _frame(values[0], 3).astype(np.float32)
        boxes, scores = table[:, :4], _probability(table[:, 4], sigmoid)
    elif head == "yolov4":
        boxes, scores = yolov4(values, sigmoid=sigmoid)
    elif head == "anchors":
        boxes, scores = anchors(arrays, size, sigmoid=sigmoid)
    else:
        boxes, scores = listed(arrays, sigmoid=sigmoid)
    if len(scores) and not (scores.min() >= -1e-4 and scores.max() <= 1 + 1e-4):
        low, high = float(scores.min()), float(scores.max())
        raise PluginError(
            f"the detector's scores run from {low:.3g} to {high:.3g} as head '{head}'; for logits add "
            f"--detector-option activation=sigmoid, for another layout head=({'|'.join(HEADS)})"
        )
    return boxes, scores


def recognised(outputs: Outputs) -> Head:
    """How these outputs are laid out; PluginError when they look like nothing known."""
    if len(outputs) == 1:
        (value,) = outputs.values()
        if value.ndim == 3:
            return "yolo-columns" if _is_columns(value[0]) else "yolo-rows"
    elif any(value.ndim == 4 and value.shape[2:] == (1, 4) for value in outputs.values()):
        return "yolov4"
    elif {"regression", "classification"} <= set(outputs):
        return "anchors"
    elif any(value.ndim >= 2 and value.shape[-1] == 4 for value in outputs.values()):
        return "boxes"
    shapes = ", ".join(f"{name} {list(value.shape)}" for name, value in outputs.items())
    raise PluginError(f"the detector returns {shapes}, which is no known head; name it: --detector-option head=…")


def _is_columns(table: NDArray[Any]) -> bool:
    """Whether a YOLO table has a box in each column: values after the first four are scores, hence in [0, 1]."""
    in_rows, in_columns = _scored(table[:, 4:]), _scored(table[4:])
    if in_rows != in_columns:
        return in_columns
    return len(table) < len(table.T)  # there are more boxes than classes


def _scored(values: NDArray[Any]) -> bool:
    return values.size > 0 and bool((values >= 0).all() and (values <= 1).all())


def rows(table: NDArray[Any], *, sigmoid: bool = False) -> Decoded:
    """``[N, 5 + C]``: centre x, centre y, width, height, objectness, classes (YOLOv5, v7, YOLOX decoded)."""
    objectness, classes = _probability(table[:, 4], sigmoid), _probability(table[:, 5:], sigmoid)
    return from_centres(table[:, :4]), objectness * (classes.max(axis=1) if classes.shape[1] else 1)


def columns(table: NDArray[Any], *, sigmoid: bool = False) -> Decoded:
    """``[4 + C, N]``: centre x, centre y, width, height, classes, without objectness (YOLOv8 and later)."""
    return from_centres(table[:4].T), _probability(table[4:], sigmoid).max(axis=0)


def yolov4(values: Sequence[NDArray[Any]], *, sigmoid: bool = False) -> Decoded:
    """Boxes ``[1, N, 1, 4]`` as corners and confidences ``[1, N, C]`` (pytorch-YOLOv4's export), in either order."""
    boxes = next((v for v in values if v.ndim == 4 and v.shape[2:] == (1, 4)), None)
    confidences = next((v for v in values if v.ndim == 3), None)
    if boxes is None or confidences is None:
        raise PluginError("head=yolov4 needs boxes [1, N, 1, 4] and confidences [1, N, C] from the detector")
    return _same_length(boxes[0, :, 0].astype(np.float32), _probability(confidences[0], sigmoid).max(axis=1))


def listed(outputs: Outputs, *, sigmoid: bool = False) -> Decoded:
    """Boxes ``[1, N, 4]`` or ``[N, 4]`` with scores ``[1, N]``, ``[N]`` or ``[1, N, C]``, perhaps labels and a count.

    Outputs are told apart by name where names speak (box, score, class, label, num), else by shape and type. Boxes stay
    as they are listed.
    """
    boxes_name = _named(outputs, ("box",)) or next(
        (name for name, v in outputs.items() if v.ndim >= 2 and v.shape[-1] == 4 and v.dtype.kind == "f"), None
    )
    others = {name: v for name, v in outputs.items() if name != boxes_name}
    count_name = _named(others, ("num", "count", "valid")) or next((n for n, v in others.items() if v.size == 1), None)
    scored = {name: v for name, v in others.items() if v.dtype.kind == "f" and (name != count_name or len(others) == 1)}
    scores_name = _named(scored, ("score", "conf", "prob")) or next(
        (name for name in scored if not _named({name: scored[name]}, ("class", "label"))), next(iter(scored), None)
    )
    if boxes_name is None or scores_name is None:
        raise PluginError(f"the detector returns {', '.join(outputs)}; head=boxes needs boxes [N, 4] and scores [N]")
    boxes = outputs[boxes_name].reshape(-1, 4).astype(np.float32)
    scores = _probability(outputs[scores_name], sigmoid)
    scores = scores[0].max(axis=1) if scores.ndim == 3 else scores.reshape(-1)
    if count_name is not None and count_name != scores_name:
        count = int(others[count_name].reshape(-1)[0])
        boxes, scores = boxes[:count], scores[:count]
    return _same_length(boxes, scores)


def anchors(outputs: Outputs, size: tuple[int, int], *, sigmoid: bool = False) -> Decoded:
    """EfficientDet before decoding: ``regression [1, A, 4]`` (dy, dx, log h, log w), ``classification [1, A, C]`` and,
    if the export has them, ``anchors [1, A, 4]`` (y0, x0, y1, x1 px).
    """
    if not {"regression", "classification"} <= set(outputs):
        raise PluginError("head=anchors needs outputs called regression and classification from the detector")
    change = _frame(outputs["regression"], 3).astype(np.float32)
    given = outputs.get("anchors")
    boxes = efficientdet_anchors(size) if given is None else given.reshape(-1, 4).astype(np.float32)
    if len(boxes) != len(change):
        raise PluginError(f"{len(change)} regressions but {len(boxes)} anchors: the input size is not {size}")
    extent = boxes[:, 2:] - boxes[:, :2]
    centre = boxes[:, :2] + extent / 2 + change[:, :2] * extent
    extent = extent * np.exp(np.minimum(change[:, 2:], LARGEST_LOGIT / 4))
    corners = np.concatenate((centre - extent / 2, centre + extent / 2), axis=1)
    scores = _probability(_frame(outputs["classification"], 3), sigmoid).max(axis=1)
    return _same_length(corners[:, (1, 0, 3, 2)].astype(np.float32), scores)


def efficientdet_anchors(size: tuple[int, int]) -> NDArray[np.float32]:
    """Anchors ``float32[A, 4]`` (y0, x0, y1, x1 px) of EfficientDet for a picture of (H, W) px.

    Levels 3 to 7, three scales and three shapes at every position, in the order of Yet-Another-EfficientDet-Pytorch.
    Those of D7, whose picture has 1536 px, are larger by a quarter.
    """
    anchor_scale = 5 if max(size) >= SIDE_OF_D7 else 4
    shapes = ((1.0, 1.0), (1.4, 0.7), (0.7, 1.4))  # width, height
    levels = []
    for stride in (8, 16, 32, 64, 128):
        y, x = (np.arange(stride / 2, side, stride) for side in size)
        rows_, columns_ = np.meshgrid(y, x, indexing="ij")
        centre = np.stack((rows_, columns_), axis=-1).reshape(-1, 1, 2)
        halves = [
            (anchor_scale * stride * 2 ** (third / 3) * high / 2, anchor_scale * stride * 2 ** (third / 3) * wide / 2)
            for third in range(3)
            for wide, high in shapes
        ]
        half = np.array(halves)[None]
        levels.append(np.concatenate((centre - half, centre + half), axis=2).reshape(-1, 4))
    return np.concatenate(levels).astype(np.float32)


def from_centres(boxes: NDArray[Any]) -> Boxes:
    """Corners of boxes ``[N, 4]`` given as centre x, centre y, width, height."""
    centre, half = boxes[:, :2], boxes[:, 2:] / 2
    return np.concatenate((centre - half, centre + half), axis=1).astype(np.float32)


def _named(outputs: Outputs, words: Sequence[str]) -> str | None:
    return next((name for word in words for name in outputs if word in name.lower()), None)


def _frame(values: NDArray[Any], rank: int) -> NDArray[Any]:
    """The table of the first frame of a batch."""
    return values[0] if values.ndim == rank else values


def _probability(values: NDArray[Any], sigmoid: bool) -> Scores:
    if not sigmoid:
        return values.astype(np.float32)
    logits = np.clip(values.astype(np.float32), -LARGEST_LOGIT, LARGEST_LOGIT)
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def _same_length(boxes: Boxes, scores: Scores) -> Decoded:
    if len(boxes) != len(scores):
        raise PluginError(f"the detector returned {len(boxes)} boxes but {len(scores)} scores")
    return boxes, scores
