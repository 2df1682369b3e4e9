"""Making a motion model of a colour model: Eq. 5 by hand, learning on a tiny data set, and the way to ``--motion``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vsodboost import targets
from vsodboost.data.cards import FlowCard, TargetCard
from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.data.types import FlowField, Frames
from vsodboost.ops.flow_image import flow_images
from vsodboost.registry import hookspecs
from vsodboost.registry.discovery import Entry, Registry
from vsodboost.registry.interfaces import Request
from vsodboost.targets.image_motion import Feeding, ImageMotion
from vsodboost.training.motion import loss_of, motion
from vsodboost.training.recipe import TrainingRequest

H, W = 48, 64
CARD = TargetCard(summary="two outputs", input_size=(32, 32), learning_rate=0.05)


class TwoMaps(nn.Module):
    """A colour model with a side output at half the size and a final map; at first both take red for salient."""

    def __init__(self) -> None:
        super().__init__()
        self.final, self.side = nn.Conv2d(3, 1, 1), nn.Conv2d(3, 1, 1, stride=2)
        with torch.no_grad():
            for layer in (self.final, self.side):
                layer.weight.copy_(torch.tensor([1.0, -0.5, -0.5])[None, :, None, None])
                layer.bias.zero_()  # type: ignore[union-attr]

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        return {"side": self.side(images), "final": self.final(images)}


class Known:
    """Flow of the made videos: the left half, where the frame is bright, goes up; the rest to the left."""

    def estimate(self, first: Frames, second: Frames) -> FlowField:
        flow = np.zeros((*first.shape[:3], 2), np.float32)
        bright = first[..., 0] > 128
        flow[bright] = (0, -4)
        flow[~bright] = (-2, 0)
        return flow


def registry() -> Registry:
    found = Registry()
    found.manager.add_hookspecs(hookspecs)
    found.add(targets, "motion-image")
    entries: dict[str, Entry] = found.entries["targets"]
    entries["two"] = Entry("two", lambda request: TwoMaps(), CARD, "test")
    entries["clips"] = Entry("clips", lambda request: TwoMaps(), TargetCard(summary="", window=4), "test")
    entries["function"] = Entry("function", lambda request: lambda frames: frames[..., 0], CARD, "test")
    found.entries["flows"]["known"] = Entry("known", lambda request: Known(), FlowCard(summary=""), "test")
    return found


@pytest.fixture(scope="module")
def davis(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two videos of four frames: a bright square moves up."""
    root = tmp_path_factory.mktemp("davis")
    for name in ("a", "b"):
        for t in range(4):
            truth = np.zeros((H, W), np.uint8)
            truth[8 + 4 * t : 32 + 4 * t, 20:44] = 255
            for folder in ("JPEGImages", "Annotations"):
                path = root / folder / name
                path.mkdir(parents=True, exist_ok=True)
                image = np.repeat(truth[..., None] // 2 + 100, 3, axis=-1) if folder == "JPEGImages" else truth
                cv2.imwrite(str(path / f"{t:05d}.png"), image)
    return root


def request(davis: Path, folder: Path, **options: str) -> TrainingRequest:
    plugins = registry()
    given = {"model": "two", "flow": "known", "steps": "40", "batch": "2", **options}
    return TrainingRequest((davis,), folder, lambda line: None, given, build=plugins.builder(), registry=plugins)


def flow_and_truth() -> tuple[FlowField, np.ndarray]:
    frame = np.full((1, H, W, 3), 100, np.uint8)
    frame[0, 12:36, 20:44] = 227
    return Known().estimate(frame, frame), frame[..., 0] > 128


def test_a_trained_model_finds_what_moves_and_its_untrained_self_does_not(davis: Path, tmp_path: Path) -> None:
    path = motion(request(davis, tmp_path))
    assert path.name == "motion-two.safetensors"
    model, _ = registry().build("motion_models", f"image:{path}", Request())
    flow, truth = flow_and_truth()
    trained, quality = model.predict_flow(flow)
    before, _ = ImageMotion(TwoMaps(), Feeding.of("two", CARD)).predict_flow(flow)
    assert trained.shape == (1, H, W)
    assert 0 <= quality[0] <= 1
    assert np.abs(trained - truth).mean() < 0.15 < np.abs(before - truth).mean()


def test_the_loss_is_the_papers_sum_over_outputs_and_pixels() -> None:
    feeding = Feeding("two", (2, 2))

    class Said(nn.Module):
        def forward(self, images: Tensor) -> Any:
            return [torch.zeros(1, 1, 2, 2), torch.full((1, 1, 2, 2), 2.0)]

    batch = {"image": torch.zeros(1, 3, 2, 2), "truth": torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]])}
    right, wrong = -math.log(1 / (1 + math.exp(-2))), -math.log(1 - 1 / (1 + math.exp(-2)))
    assert float(loss_of(feeding, "paper")(Said(), batch)) == pytest.approx(4 * math.log(2) + right + 3 * wrong)
    means = math.log(2) + (right + 3 * wrong) / 4
    assert float(loss_of(feeding, "code")(Said(), batch)) == pytest.approx(means)


def test_motion_saliency_is_the_mean_of_all_outputs() -> None:
    flow, _ = flow_and_truth()
    model = ImageMotion(TwoMaps(), Feeding("two", (H, W)))
    with torch.no_grad():
        images = model.feeding.images(flow_images(flow))
        given = TwoMaps()(images)
        side = nn.functional.interpolate(given["side"], (H, W), mode="bilinear", align_corners=False)
        mean = (torch.sigmoid(given["final"]) + torch.sigmoid(side))[0, 0].numpy() / 2
    assert model.predict_flow(flow)[0][0] == pytest.approx(mean, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"model": "clips"}, "model=clips: it reads clips"),
        ({"model": "function"}, "'function' is no torch network that can learn"),
        ({"loss": "mine"}, "it is paper or code"),
        ({"start": "nowhere.pth"}, "start=nowhere.pth: no such file"),
        ({"without": "a,b"}, "needs annotated video"),
    ],
)
def test_what_cannot_be_trained_is_refused(
    davis: Path, tmp_path: Path, options: dict[str, str], complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        motion(request(davis, tmp_path, **options))


def test_a_file_that_is_no_motion_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file; vsodboost train motion makes one"):
        registry().build("motion_models", f"image:{tmp_path / 'gone.safetensors'}", Request())
    path = tmp_path / "other.safetensors"
    path.write_bytes(b"something else")
    with pytest.raises(WeightsError, match="no motion model"):
        registry().build("motion_models", f"image:{path}", Request())
