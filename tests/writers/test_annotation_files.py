"""Masks for other tools: COCO's run lengths, YOLO's polygons, CVAT's zip, each read as its tool reads it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from small_buffers import discs, small_buffer, written

from vsodboost.data.boosted import BoostedBuffer
from vsodboost.registry.interfaces import Request
from vsodboost.writers.coco import Coco
from vsodboost.writers.cvat import Cvat
from vsodboost.writers.shape import Shape
from vsodboost.writers.yolo import Yolo

SHAPE = Shape.of(Request())


def buffer_and_masks() -> tuple[BoostedBuffer, np.ndarray]:
    """Four frames, the last of them without an object."""
    frames, maps = discs()
    maps[3] = 0
    return small_buffer(frames, maps), maps >= 0.5


def drawn(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The polygon of px positions as a mask; a pixel's middle lies half a pixel from its corner."""
    mask = np.zeros(size, np.uint8)
    cv2.fillPoly(mask, [np.rint(points - 0.5).astype(np.int32)], 1)
    return mask > 0


def alike(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools and NumPy 2
def test_coco(tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    buffer, masks = buffer_and_masks()
    written(Coco(SHAPE), tmp_path, buffer)
    read = coco.COCO(str(tmp_path / "coco.json"))
    assert [image["file_name"] for image in read.loadImgs(read.getImgIds())] == [f"0000{t}.png" for t in range(4)]
    assert len(read.getAnnIds()) == 3
    for t in range(3):
        (annotation,) = read.loadAnns(read.getAnnIds(imgIds=t + 1))
        np.testing.assert_array_equal(read.annToMask(annotation) > 0, masks[t])
        assert annotation["area"] == masks[t].sum()
        x, y, width, height = annotation["bbox"]
        assert masks[t][y : y + height, x : x + width].sum() == masks[t].sum()
        assert masks[t][y].any() and masks[t][:, x + width - 1].any()


def test_yolo(tmp_path: Path) -> None:
    buffer, masks = buffer_and_masks()
    written(Yolo(SHAPE), tmp_path, buffer)
    yaml = pytest.importorskip("yaml")
    data = yaml.safe_load((tmp_path / "yolo" / "data.yaml").read_text())
    assert data["names"] == {0: "object"}
    images = sorted((tmp_path / "yolo" / data["train"]).iterdir())
    assert [path.name for path in images] == [f"0000{t}.jpg" for t in range(4)]
    for image, mask in zip(images, masks, strict=True):
        assert cv2.imread(str(image)).shape[:2] == mask.shape
        lines = (tmp_path / "yolo" / "labels" / f"{image.stem}.txt").read_text().splitlines()
        assert len(lines) == mask.any()
        for line in lines:
            number, *values = line.split()
            points = np.array(values, float).reshape(-1, 2)
            assert number == "0" and points.min() >= 0 and points.max() <= 1
            assert alike(drawn(points * (64, 48), (48, 64)), mask) > 0.93


def test_cvat(tmp_path: Path) -> None:
    buffer, masks = buffer_and_masks()
    written(Cvat(SHAPE), tmp_path, buffer)
    with zipfile.ZipFile(tmp_path / "cvat.zip") as file:
        assert file.testzip() is None
        root = ElementTree.fromstring(file.read("annotations.xml"))
        images = root.findall("image")
        for image in images:
            stored = cv2.imdecode(np.frombuffer(file.read(f"images/{image.get('name')}"), np.uint8), cv2.IMREAD_COLOR)
            assert stored.shape == (int(image.get("height")), int(image.get("width")), 3) == (48, 64, 3)
    assert root.findtext("version") == "1.1" and root.findtext("meta/task/size") == "4"
    assert root.findtext("meta/task/labels/label/name") == "object"
    assert [len(image.findall("polygon")) for image in images] == [1, 1, 1, 0]
    for image, mask in zip(images[:3], masks, strict=False):
        points = [pair.split(",") for pair in image.find("polygon").get("points").split(";")]
        assert alike(drawn(np.array(points, float), (48, 64)), mask) > 0.93


@pytest.mark.parametrize("writer", [Coco, Cvat])
def test_a_video_that_fails_leaves_nothing(tmp_path: Path, writer: type) -> None:
    from vsodboost.io.array_source import ArraySource
    from vsodboost.registry.writer import VideoOutput

    buffer, _ = buffer_and_masks()
    made = writer(SHAPE)
    (parts := tmp_path / "parts").mkdir()  # which the engine clears away
    made.begin(VideoOutput(tmp_path, ArraySource(buffer.frames), (48, 64), parts=parts))
    made.add(buffer)
    made.abort()
    assert list(tmp_path.iterdir()) == [parts]


def test_coco_is_json_without_any_object(tmp_path: Path) -> None:
    frames, maps = discs(2)
    written(Coco(SHAPE), tmp_path, small_buffer(frames, np.zeros_like(maps)))
    assert json.loads((tmp_path / "coco.json").read_text())["annotations"] == []
