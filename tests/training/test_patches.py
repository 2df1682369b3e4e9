"""Training a patchwise refiner: where patches lie, what a batch holds, and that the booster takes the result."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from small_plans import small_scene
from torch import Tensor, nn

from vsodboost.boosters.longterm.saliency import ModelRefiner
from vsodboost.data.cards import SpatialModelCard, TargetCard
from vsodboost.data.errors import UsageError
from vsodboost.registry.discovery import Entry, Registry
from vsodboost.targets.image_motion import Feeding
from vsodboost.training.paper import LabelledImage
from vsodboost.training.patches import LEAST, MOST, PatchBatches, patch_box, patch_refiner
from vsodboost.training.recipe import TrainingRequest

HALF = (0.5, 0.5, 0.5)
CARD = TargetCard(summary="one layer", input_size=(16, 16), mean=HALF, std=HALF, learning_rate=0.1)


class OneLayer(nn.Module):
    side = 16

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 1, 1)
        nn.init.zeros_(self.layer.weight)
        nn.init.zeros_(self.layer.bias)  # type: ignore[arg-type]

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.layer(images)
        return logits


@pytest.fixture
def stills(tmp_path: Path) -> Path:
    """Three stills of a bright thing, and one without any."""
    root = tmp_path / "stills"
    for n in range(4):
        truth = np.zeros((40, 60), np.uint8)
        if n < 3:
            truth[8 + n : 28 + n, 10 + 4 * n : 40 + 4 * n] = 255
        for folder, image in (("images", np.repeat(40 + truth[..., None] // 2, 3, axis=-1)), ("masks", truth)):
            (root / folder).mkdir(parents=True, exist_ok=True)
            assert cv2.imwrite(str(root / folder / f"{n}.{'jpg' if folder == 'images' else 'png'}"), image)
    return root


def test_patches_lie_about_the_object_and_within_the_image() -> None:
    mask = np.zeros((40, 60), np.uint8)
    mask[10:20, 20:40] = 255
    rng = np.random.default_rng(0)
    boxes = np.array([patch_box(mask, rng) for _ in range(300)])
    assert boxes[:, :2].min() >= 0 and boxes[:, 2].max() <= 60 and boxes[:, 3].max() <= 40
    assert boxes[:, 0].min() >= 20 - MOST * 20 - 1 and boxes[:, 0].max() <= 20 - LEAST * 20 + 1
    assert ((boxes[:, 2:] - boxes[:, :2]) >= 8).all()
    assert boxes[:, 0].min() < 14 and boxes[:, 0].max() > 20  # wider than the object, and cut into it
    assert patch_box(np.zeros_like(mask), rng) is None
    mask[:] = 0
    mask[39, 59] = 255
    assert patch_box(mask, rng) == (52, 32, 60, 40)


def test_a_batch_depends_on_the_step_alone_and_shows_truth_and_patch_alike(stills: Path) -> None:
    pairs = [LabelledImage(stills / "images" / f"{n}.jpg", stills / "masks" / f"{n}.png") for n in range(3)]
    data = PatchBatches(pairs, 4, 0, Feeding.of("one", CARD))
    first, again, other = data.batch(3), data.batch(3), data.batch(4)
    assert torch.equal(first["image"], again["image"]) and not torch.equal(first["image"], other["image"])
    assert first["image"].shape == (4, 3, 16, 16) and first["truth"].shape == (4, 1, 16, 16)
    sure = (first["truth"] < 0.01) | (first["truth"] > 0.99)
    bright = first["image"][:, :1]
    assert bright[sure & (first["truth"] > 0.5)].min() > bright[sure & (first["truth"] < 0.5)].max()


def test_it_learns_and_the_booster_refines_with_it(stills: Path, tmp_path: Path) -> None:
    registry = Registry()
    registry.entries["targets"]["one"] = Entry("one", lambda request: OneLayer(), CARD, "test")
    options = {"model": "one", "steps": "60", "batch": "4"}
    request = TrainingRequest((stills,), tmp_path / "run", lambda line: None, options, registry=registry)
    path = patch_refiner(request)
    assert path.name == "one-patches.safetensors"
    network = OneLayer()
    network.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    frames = np.full((1, 32, 64, 3), 40, np.uint8)
    frames[0, 10:20, 20:40] = 167
    refiner = ModelRefiner(network, SpatialModelCard(summary="one", mean=HALF, std=HALF))
    (patch,) = refiner.refine(small_scene(1, (32, 64), frames=frames), [0], [(16, 8, 44, 24)])
    assert patch.shape == (16, 16)
    assert patch[8, 8] > 0.8 > 0.2 > patch[0, 0]
    with pytest.raises(UsageError, match="reads more than a patch"):
        ModelRefiner(network, SpatialModelCard(summary="lite", guidance=True))
