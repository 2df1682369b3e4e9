"""``torchvision:NAME``: runs with and without torchvision's compiled operators; what is missing is said."""

from pathlib import Path

import numpy as np
import pytest
import torch
from vsodboost_plugins.detectors import torchvision_detector
from vsodboost_plugins.detectors.selection import Selection

from vsodboost.data.errors import PluginError, UsageError, WeightsError
from vsodboost.networks.torchvision_import import ensure_torchvision
from vsodboost.registry.interfaces import Detector, Request

SMALL = "ssdlite320_mobilenet_v3_large"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ensure_torchvision()
    from torchvision.models import get_model

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "ssd.pth"
    torch.save(get_model(SMALL, weights=None, weights_backbone=None, num_classes=3).state_dict(), path)
    return path


def test_a_model_runs_and_gives_proposals(weights: Path) -> None:
    options = {"weights": str(weights), "classes": "3", "score": "0.01", "top": "4"}
    detector: Detector = torchvision_detector.build(Request(argument=SMALL, options=options))
    frames = np.random.default_rng(0).integers(0, 255, (2, 48, 80, 3), dtype=np.uint8)
    found = detector.detect(frames)
    assert [len(proposals) for proposals in found] == [4, 4]
    for proposals in found:
        assert (proposals.boxes >= 0).all() and (proposals.boxes <= (80, 48, 80, 48)).all()
        assert (np.diff(proposals.scores) <= 0).all() and proposals.boxes.dtype == np.float32
    alone = detector.detect(frames[1:])[0]
    assert np.array_equal(alone.boxes, found[1].boxes)


def test_suppression_by_our_own_nms_keeps_what_torchvision_would() -> None:
    ensure_torchvision()
    from torchvision.ops import boxes as operators

    before = operators.nms
    boxes = torch.tensor([[0, 0, 10, 10], [1, 0, 11, 10], [20, 20, 30, 30], [0, 0, 10, 9]]).float()
    scores, classes = torch.tensor([0.6, 0.9, 0.5, 0.8]), torch.tensor([1, 1, 1, 2])
    with torchvision_detector.python_operators():
        kept = operators.batched_nms(boxes, scores, classes, 0.5)
    assert kept.tolist() == [1, 3, 2] and kept.dtype == torch.int64
    assert operators.nms is before


def test_what_is_missing_is_said(weights: Path) -> None:
    with pytest.raises(UsageError, match="no such detector; torchvision has fasterrcnn"):
        torchvision_detector.build(Request(argument="yolo"))
    with pytest.raises(WeightsError, match=r"no weights; fetch https://download\.pytorch\.org/models/ssdlite320"):
        torchvision_detector.build(Request(argument=SMALL))
    with pytest.raises(WeightsError, match=r"ssd\.pth is not for 'torchvision:ssdlite320_mobilenet_v3_large'"):
        torchvision_detector.build(Request(argument=SMALL, options={"weights": str(weights)}))


def test_a_model_that_cannot_run_says_so_in_one_line() -> None:
    class Broken(torch.nn.Module):
        def forward(self, pictures: list[torch.Tensor]) -> None:
            raise RuntimeError("Couldn't load custom C++ ops.\nThis can happen if ...")

    detector = torchvision_detector.TorchvisionDetector("broken", Broken(), "cpu", Selection())
    with pytest.raises(PluginError, match="torchvision:broken cannot run with this torchvision: Could") as raised:
        detector.detect(np.zeros((1, 8, 8, 3), np.uint8))
    assert "\n" not in str(raised.value)
