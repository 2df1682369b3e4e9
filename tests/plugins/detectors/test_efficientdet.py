"""``efficientdet``: exports before and after decoding, anchors, the package effdet and what is missing."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from detector_graphs import constant
from torch import Tensor, nn
from vsodboost_plugins.detectors import efficientdet
from vsodboost_plugins.detectors.heads import efficientdet_anchors

from vsodboost.data.cards import IMAGENET_MEAN, IMAGENET_STD
from vsodboost.data.errors import PluginError, UsageError, WeightsError
from vsodboost.registry.interfaces import Detector, Request


def build(argument: str | Path, **options: str) -> Detector:
    return efficientdet.build(Request(argument=str(argument), options=options))


def test_anchors_are_those_of_the_published_code() -> None:
    anchors = efficientdet_anchors((512, 512))
    assert anchors.shape == (49104, 4)  # 9 · (64² + 32² + 16² + 8² + 4²)
    assert efficientdet_anchors((1536, 1536)).shape == (441936, 4)
    # Level 3 begins at the centre (4, 4); anchors of 32 px, then of 32 · 2^(1/3): square, wide, high.
    expected = [[-12, -12, 20, 20], [-7.2, -18.4, 15.2, 26.4], [-18.4, -7.2, 26.4, 15.2]]
    assert np.allclose(anchors[:3], expected, atol=1e-4)
    side = 32 * 2 ** (1 / 3) / 2
    assert np.allclose(anchors[3], [4 - side, 4 - side, 4 + side, 4 + side], atol=1e-4)
    assert np.allclose(anchors[9] - anchors[0], (0, 8, 0, 8))  # x goes first
    corners = efficientdet_anchors((1536, 1536))[0]
    assert np.allclose(corners, (4 - 20, 4 - 20, 4 + 20, 4 + 20))  # D7's begin at 40 px


def raw(path: Path, side: int, *, anchors: bool) -> Path:
    """An export before decoding with two objects, at two anchors as they are."""
    places = efficientdet_anchors((side, side))
    scores = np.zeros((1, len(places), 3), np.float32)
    scores[0, 300, 1], scores[0, -1, 2] = 0.8, 0.6
    outputs = {"regression": np.zeros((1, len(places), 4), np.float32), "classification": scores}
    if anchors:
        outputs["anchors"] = places[None]
    return constant(path, outputs, (1, 3, side, side))


@pytest.mark.parametrize("anchors", [True, False])
def test_an_export_before_decoding(tmp_path: Path, anchors: bool) -> None:
    frame = np.zeros((1, 256, 512, 3), np.uint8)
    (found,) = build(raw(tmp_path / "a.onnx", 256, anchors=anchors)).detect(frame)
    assert np.allclose(found.scores, (0.8, 0.6))
    y0, x0, y1, x1 = efficientdet_anchors((256, 256))[300]
    assert np.allclose(found.boxes[0], np.clip(np.array((x0, y0, x1, y1)) * 2, 0, (512, 256, 512, 256)), atol=1e-3)


def test_an_export_after_decoding_and_the_papers_selection(tmp_path: Path) -> None:
    boxes = [[10, 10, 30, 20], [10, 10, 30, 26], [40, 10, 50, 30], [40, 40, 60, 60]]
    outputs = {"boxes": np.array([boxes], float), "scores": np.array([[0.9, 0.8, 0.005, 0.7]])}
    (found,) = build(constant(tmp_path / "a.onnx", outputs)).detect(np.zeros((1, 64, 64, 3), np.uint8))
    assert found.boxes.tolist() == [
        boxes[0],
        boxes[3],
    ]  # the second overlaps, the third scores under .01


def test_an_export_for_another_size_is_refused(tmp_path: Path) -> None:
    outputs = {"regression": np.zeros((1, 5, 4)), "classification": np.zeros((1, 5, 2))}
    with pytest.raises(PluginError, match="5 regressions but"):
        build(constant(tmp_path / "a.onnx", outputs)).detect(np.zeros((1, 64, 64, 3), np.uint8))


class Bench(nn.Module):
    """Answers as effdet's prediction bench does: ``[N, M, 6]`` of corners, score, class; checks what it is fed."""

    def __init__(self) -> None:
        super().__init__()
        self.model = nn.Linear(2, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        assert pictures.shape == (1, 3, 512, 512) and (pictures[:, :, 256:] == 0).all()
        white = (1 - torch.tensor(IMAGENET_MEAN)) / torch.tensor(IMAGENET_STD)
        assert torch.allclose(pictures[0, :, 0, 0], white, atol=1e-4)
        return torch.tensor([[[0, 0, 512, 256, 0.4, 1], [128, 64, 256, 128, float(self.model.bias), 7]]])


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    calls: list[Any] = []

    def create_model(name: str, **options: Any) -> Bench:
        calls.append((name, options))
        return Bench()

    module = ModuleType("effdet")
    module.create_model = create_model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "effdet", module)
    return calls


def test_the_package_effdet(package: list[Any], tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(1, 2), "bias": torch.full((1,), 0.75)}, tmp_path / "d0.pth")
    (found,) = build("d0", weights=str(tmp_path / "d0.pth")).detect(np.full((1, 60, 120, 3), 255, np.uint8))
    assert package[0][0] == "tf_efficientdet_d0" and package[0][1]["bench_task"] == "predict"
    assert not package[0][1]["pretrained"] and not package[0][1]["pretrained_backbone"]
    assert np.allclose(found.scores, (0.75, 0.4))
    assert np.allclose(found.boxes, [[30, 15, 60, 30], [0, 0, 120, 60]], atol=1e-3)
    torch.save({"weight": torch.zeros(1, 3)}, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match=r"other\.pth is not for 'efficientdet:d0'"):
        build("d0", weights=str(tmp_path / "other.pth"))


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no weights; fetch tf_efficientdet_d7"):
        build("D7")
    monkeypatch.setitem(sys.modules, "effdet", None)
    with pytest.raises(UsageError, match=r"pip install 'vsodboost\[effdet\]'; or give an \.onnx file"):
        build("d0", weights=str(tmp_path / "d0.pth"))
    with pytest.raises(UsageError, match=r"give an \.onnx file, or one of d0, d1"):
        build("d8")
    with pytest.raises(UsageError, match="no such file"):
        build(tmp_path / "absent.onnx")
