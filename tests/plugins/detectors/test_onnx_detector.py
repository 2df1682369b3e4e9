"""``onnx-detector``: every kind of head from a file, boxes back in px of the frame, options, errors."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from detector_graphs import FLOAT, UINT8, cells, constant
from vsodboost_plugins.detectors import onnx_detector

from vsodboost.data.errors import PluginError, UsageError, WeightsError
from vsodboost.data.types import Proposals
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import Detector, Request

FRAME = np.zeros((1, 32, 64, 3), np.uint8)
"""Half as high as the graphs' picture of 64 px: a letterbox puts it 16 px lower, stretching doubles its height."""
CENTRES = np.array([[20, 30, 20, 12], [50, 40, 12, 8], [20, 30, 22, 12]], np.float32)
CORNERS = [[10, 24, 30, 36], [44, 36, 56, 44], [9, 24, 31, 36]]
LETTERBOXED = [[10, 8, 30, 20], [44, 20, 56, 28]]
"""The first two in px of the frame; the third is a double of the first."""


def proposals(path: Path, **options: str) -> Proposals:
    detector: Detector = onnx_detector.build(Request(argument=str(path), options=options))
    (found,) = detector.detect(FRAME)
    assert found.boxes.dtype == found.scores.dtype == np.float32
    return found


def check(found: Proposals, boxes: list[list[float]], scores: list[float]) -> None:
    assert np.allclose(found.boxes, boxes, atol=1e-3) and np.allclose(found.scores, scores)


@pytest.mark.parametrize("free", [True, False])
def test_yolo_rows(tmp_path: Path, free: bool) -> None:
    table = np.concatenate((CENTRES, [[0.9, 0.5, 0.2], [0.5, 0.1, 0.8], [0.9, 0.4, 0.3]]), axis=1)[None]
    check(proposals(constant(tmp_path / "a.onnx", {"output0": table}, free=free)), LETTERBOXED, [0.45, 0.4])


def test_yolo_rows_of_one_class_have_objectness_only(tmp_path: Path) -> None:
    table = np.concatenate((CENTRES, [[0.6], [0.7], [0.5]]), axis=1)[None]
    check(proposals(constant(tmp_path / "a.onnx", {"o": table}), head="yolo-rows"), LETTERBOXED[::-1], [0.7, 0.6])


@pytest.mark.parametrize("count", [3, 200])
def test_yolo_columns(tmp_path: Path, count: int) -> None:
    table = np.zeros((1, 6, count), np.float32)
    table[0, :4, :3] = CENTRES.T
    table[0, 4:, :3] = [[0.1, 0.6, 0.2], [0.8, 0.2, 0.7]]
    check(proposals(constant(tmp_path / "a.onnx", {"output0": table})), LETTERBOXED, [0.8, 0.6])


def test_yolo_columns_as_logits(tmp_path: Path) -> None:
    table = np.zeros((1, 5, 3), np.float32)
    table[0, :4], table[0, 4] = CENTRES.T, (2, 0, -60)
    path = constant(tmp_path / "a.onnx", {"output0": table})
    check(proposals(path, head="yolo-columns", activation="sigmoid"), LETTERBOXED, [1 / (1 + np.exp(-2)), 0.5])
    with pytest.raises(PluginError, match=r"run from -60 to 2 as head 'yolo-columns'; for logits add"):
        proposals(path, head="yolo-columns")


@pytest.mark.parametrize("swapped", [False, True])
def test_yolov4_pairs_are_shares_of_a_stretched_picture(tmp_path: Path, swapped: bool) -> None:
    outputs = {
        "boxes": (np.array(CORNERS) / 64)[None, :, None],
        "confs": np.array([[[0.2, 0.7], [0.6, 0.1], [0.3, 0.3]]]),
    }
    if swapped:
        outputs = dict(reversed(outputs.items()))
    check(proposals(constant(tmp_path / "a.onnx", outputs)), [[10, 12, 30, 18], [44, 18, 56, 22]], [0.7, 0.6])


LISTED: list[dict[str, Any]] = [
    {"boxes": [CORNERS], "scores": [[0.9, 0.8, 0.7]]},
    {"boxes": CORNERS, "labels": [7, 1, 7], "scores": [0.9, 0.8, 0.7]},
    {"boxes": [CORNERS], "scores": [[[0.1, 0.9], [0.8, 0.1], [0.7, 0.2]]]},
    {"num_dets": [[2]], "det_boxes": [CORNERS], "det_scores": [[0.9, 0.8, 0.99]], "det_classes": [[0, 1, 0]]},
    {"detection_classes": [[3.0, 1, 3]], "detection_boxes": [np.array(CORNERS)[:, (1, 0, 3, 2)] / 64],
     "num_detections": [3.0], "detection_scores": [[0.9, 0.8, 0.7]]},
    {"first": [np.array(CORNERS, float)], "second": [[0.9, 0.8, 0.7]], "third": [[5, 5, 5]], "fourth": [3]},
]  # fmt: skip


@pytest.mark.parametrize("outputs", LISTED)
def test_lists_of_boxes_and_scores(tmp_path: Path, outputs: dict[str, Any]) -> None:
    outputs = {name: np.asarray(v, float if "box" in name or "first" in name else None) for name, v in outputs.items()}
    found = proposals(constant(tmp_path / "a.onnx", outputs))
    check(found, [[10, 24, 30, 32], [9, 24, 31, 32]][:1], [0.9])  # the frame ends at 32 px, the second box is below it


@pytest.mark.parametrize(("order", "places"), [("yxyx", (1, 0, 3, 2)), ("xyxy", (0, 1, 2, 3))])
def test_the_order_of_listed_boxes_is_an_option(tmp_path: Path, order: str, places: tuple[int, ...]) -> None:
    outputs = {"boxes": np.array([[[2, 4, 12, 24.0]]])[..., places], "scores": np.array([[0.5]])}
    check(proposals(constant(tmp_path / "a.onnx", outputs), boxes=order), [[2, 4, 12, 24]], [0.5])


def test_boxes_given_by_their_extent(tmp_path: Path) -> None:
    outputs = {"boxes": np.array([[[2, 4, 10, 20.0]]]), "scores": np.array([[0.5]])}
    check(proposals(constant(tmp_path / "a.onnx", outputs), boxes="xywh"), [[2, 4, 12, 24]], [0.5])


def test_efficientdet_before_decoding(tmp_path: Path) -> None:
    outputs = {
        "regression": np.array([[[0.5, -0.25, 0, np.log(2)], [0, 0, 0, 0]]]),
        "classification": np.array([[[0.1, 0.6], [0.3, 0.2]]]),
        "anchors": np.array([[[4, 8, 12, 24.0], [20, 40, 28, 56]]]),
    }
    # Anchor y 4..12, x 8..24: centre (8, 16), 8 high, 16 wide; moved by (+4, -4), twice as wide.
    check(proposals(constant(tmp_path / "a.onnx", outputs)), [[0, 8, 28, 16], [40, 20, 56, 28]], [0.6, 0.3])


def test_tables_of_finished_detections(tmp_path: Path) -> None:
    table = np.concatenate((CORNERS, [[0.3, 5], [0.9, 1], [0.2, 5]]), axis=1)[None]
    check(proposals(constant(tmp_path / "a.onnx", {"output0": table}), head="end2end"), LETTERBOXED[::-1], [0.9, 0.3])


@pytest.mark.parametrize("fit", ["letterbox", "corner", "stretch"])
@pytest.mark.parametrize("place", [(8, 16), (16, 40)])
def test_what_the_graph_sees_lies_where_it_is_in_the_frame(tmp_path: Path, fit: str, place: tuple[int, int]) -> None:
    detector = onnx_detector.build(
        Request(argument=str(cells(tmp_path / "a.onnx")), options={"fit": fit, "score": "0.9"})
    )
    frames = np.zeros((2, 48, 96, 3), np.uint8)
    frames[1, place[0] : place[0] + 24, place[1] : place[1] + 24, 0] = 255  # red
    frames[..., 1:] = 255
    nothing, found = detector.detect(frames)
    assert len(nothing) == 0 and len(found) > 0
    left, top = found.boxes[:, :2].min(axis=0)
    right, bottom = found.boxes[:, 2:].max(axis=0)
    assert place[1] - 1 <= left < right <= place[1] + 25 and place[0] - 1 <= top < bottom <= place[0] + 25
    assert (right - left) * (bottom - top) >= 12 * 12


def test_graphs_that_take_bytes_or_channels_last_or_any_size(tmp_path: Path) -> None:
    outputs = {"boxes": np.array([CORNERS], float), "scores": np.array([[0.9, 0.8, 0.7]])}
    expected = proposals(constant(tmp_path / "plain.onnx", outputs))
    kinds = {"bytes": ((1, 64, 64, 3), UINT8), "last": ((1, 64, 64, 3), FLOAT), "batch": ((4, 3, 64, 64), FLOAT)}
    for name, (shape, kind) in kinds.items():
        found = proposals(constant(tmp_path / f"{name}.onnx", outputs, shape, kind))
        check(found, expected.boxes.tolist(), expected.scores.tolist())
    free = constant(tmp_path / "free.onnx", outputs, ("n", 3, "h", "w"))
    check(proposals(free, size="128x64"), expected.boxes.tolist(), expected.scores.tolist())
    check(proposals(free, size="128"), [[5, 12, 15, 18], [22, 18, 28, 22]], [0.9, 0.8])


def test_a_fixed_batch_is_filled_and_its_first_frame_read(tmp_path: Path) -> None:
    table = np.stack([np.concatenate((CENTRES, np.full((3, 2), score)), axis=1) for score in (0.8, 0.1)])
    found = proposals(constant(tmp_path / "a.onnx", {"output0": table}, (2, 3, 64, 64)), head="yolo-rows")
    check(found, LETTERBOXED, [0.64, 0.64])


def test_options_select(tmp_path: Path) -> None:
    table = np.concatenate((CENTRES, [[0.9, 1], [0.5, 1], [0.8, 1]]), axis=1)[None]
    path = constant(tmp_path / "a.onnx", {"output0": table})
    assert len(proposals(path, head="yolo-rows", iou="1")) == 3
    assert proposals(path, head="yolo-rows", score="0.6").scores.tolist() == pytest.approx([0.9])
    assert proposals(path, head="yolo-rows", top="1", iou="1").scores.tolist() == pytest.approx([0.9])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"score": "2"}, "score=2: must be a number from 0 to 1"),
        ({"top": "0"}, "top=0: must be a whole number of at least 1"),
        ({"fit": "squeeze"}, "fit=squeeze: must be one of auto, letterbox, corner, stretch"),
        ({"mean": "1,2"}, "mean=1,2: must be one or three numbers"),
        ({"std": "a"}, "std=a: must be one or three numbers"),
        ({"size": "big"}, "size=big: must be HxW in px, as 352x352, or one number"),
    ],
)
def test_wrong_options_say_what_is_right(tmp_path: Path, options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        proposals(constant(tmp_path / "a.onnx", {"o": np.zeros((1, 3, 7))}), **options)


def test_it_is_found_by_name(tmp_path: Path) -> None:
    path = constant(tmp_path / "a.onnx", {"o": np.concatenate((CENTRES, np.full((3, 2), 0.5)), axis=1)[None]})
    detector, card = Registry.load().build("detectors", f"onnx-detector:{path}", Request(options={"top": "1"}))
    assert isinstance(detector, Detector) and card.argument == "FILE" and len(detector.detect(FRAME)[0]) == 1
    with pytest.raises(UsageError, match="no option of detector 'onnx-detector' is called 'colour'"):
        Registry.load().build("detectors", f"onnx-detector:{path}", Request(options={"colour": "red"}))


def test_what_is_no_detector_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("nothing of the kind")
    table, picture = np.zeros((1, 3, 7)), (1, 3, 64, 64)
    cases: list[tuple[type[Exception], str, dict[str, Any], tuple[int, ...], str]] = [
        (UsageError, "rank", {"o": table}, (1, 3, 64), "it should take pictures"),
        (UsageError, "grey", {"o": table}, (1, 1, 64, 64), "three colour channels"),
        (PluginError, "map", {"saliency": np.zeros((1, 1, 64, 64))}, picture, "which is no known head"),
        (PluginError, "odd", {"boxes": table[..., :4], "scores": np.zeros((1, 2))}, picture, "3 boxes but 2 scores"),
    ]
    for error, name, outputs, shape, message in cases:
        with pytest.raises(error, match=message) as raised:
            proposals(constant(tmp_path / f"{name}.onnx", outputs, shape))
        assert "\n" not in str(raised.value)
    with pytest.raises(UsageError, match="no such file"):
        proposals(tmp_path / "absent.onnx")
    with pytest.raises(WeightsError, match="onnxruntime cannot load it"):
        proposals(tmp_path / "text.onnx")


def test_of_many_detections_the_best_are_looked_at(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = np.concatenate(
        (rng.uniform(8, 56, (5000, 2)), np.full((5000, 2), 4), rng.uniform(0, 0.5, (5000, 2))), axis=1
    )
    table[4321] = (32, 32, 6, 6, 1, 1)
    found = proposals(constant(tmp_path / "a.onnx", {"output0": table[None]}), head="yolo-rows")
    assert len(found) == 10 and found.scores[0] == 1 and (np.diff(found.scores) <= 0).all()
    assert found.boxes[0].tolist() == [29, 13, 35, 19]
