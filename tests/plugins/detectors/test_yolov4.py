"""``yolov4``: an ONNX export, and Darknet's files where OpenCV can read them."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from detector_graphs import constant
from vsodboost_plugins.detectors import yolov4
from vsodboost_plugins.detectors.darknet import tables

from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.registry.interfaces import Detector, Request

READS_DARKNET = hasattr(cv2.dnn, "readNetFromDarknet")
CFG = """
[net]
width=32
height=32
channels=3

[convolutional]
filters=8
size=8
stride=8
pad=0
activation=linear

[yolo]
mask=0
anchors=16,8
classes=3
num=1
"""


def build(argument: Path, **options: str) -> Detector:
    return yolov4.build(Request(argument=str(argument), options=options))


def test_an_export_is_fed_a_stretched_picture(tmp_path: Path) -> None:
    boxes, confidences = [[[[0.25, 0.5, 0.5, 0.75]], [[0, 0, 1, 0.1]]]], [[[0.2, 0.9], [0.3, 0.1]]]
    outputs = {"boxes": np.array(boxes), "confs": np.array(confidences)}
    (found,) = build(constant(tmp_path / "a.onnx", outputs)).detect(np.zeros((1, 100, 200, 3), np.uint8))
    assert np.allclose(found.boxes, [[50, 50, 100, 75], [0, 0, 200, 10]]) and np.allclose(found.scores, (0.9, 0.3))


def test_opencvs_tables_are_centres_with_classes_times_objectness() -> None:
    table = np.array([[0.5, 0.25, 0.5, 0.5, 0.8, 0.1, 0.72], [0.5, 0.5, 1, 1, 0.9, 0, 0]], np.float32)
    boxes, scores = tables([table[:1], table[1:]])
    assert np.allclose(boxes, [[0.25, 0, 0.75, 0.5], [0, 0, 1, 1]]) and np.allclose(scores, (0.72, 0))


def darknet(folder: Path) -> Path:
    """A one-layer YOLO: an anchor of 16x8 px at every cell of 8 px, objectness sigmoid(8·red - 4), class 2 certain."""
    weights = np.zeros((8, 3, 8, 8), np.float32)
    weights[4, 0] = 8 / 64
    bias = np.array([0, 0, 0, 0, -4, -20, -20, 20], np.float32)
    header = np.array((0, 2, 5), np.int32).tobytes() + np.zeros(1, np.int64).tobytes()
    (folder / "tiny.cfg").write_text(CFG)
    (folder / "tiny.weights").write_bytes(header + bias.tobytes() + weights.tobytes())
    return folder / "tiny.cfg"


@pytest.mark.skipif(not READS_DARKNET, reason="OpenCV 5 cannot read Darknet files")
def test_darknet_files(tmp_path: Path) -> None:
    frame = np.zeros((1, 64, 128, 3), np.uint8)
    frame[0, 32:48, 64:96, 0] = 255  # red, just the cell in row 2, column 2 of the 4x4 cells
    (found,) = build(darknet(tmp_path), size="32", score="0.5").detect(frame)
    assert np.allclose(found.boxes, [[48, 32, 112, 48]], atol=0.5)  # 16x8 of 32 px around (20, 20)
    assert found.scores[0] == pytest.approx(1 / (1 + np.exp(-4)), abs=1e-3)
    (tmp_path / "other.weights").write_bytes(b"short")
    with pytest.raises(WeightsError, match="do they belong together"):
        build(tmp_path / "tiny.cfg", weights=str(tmp_path / "other.weights"))


@pytest.mark.skipif(READS_DARKNET, reason="OpenCV 4 can read Darknet files")
def test_opencv_5_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read Darknet files; use an ONNX export, or OpenCV 4"):
        build(darknet(tmp_path))


def test_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"give an \.onnx file, or Darknet's \.cfg"):
        build(tmp_path / "yolov4.pth")
    with pytest.raises(UsageError, match="no such file"):
        build(tmp_path / "absent.onnx")
    if READS_DARKNET:
        with pytest.raises(UsageError, match=r"absent\.cfg: no such file"):
            build(tmp_path / "absent.cfg")
