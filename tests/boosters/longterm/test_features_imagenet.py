"""Features of crops by a network of timm, with drawn weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from small_plans import small_scene
from torch import nn

from vsodboost.boosters.longterm.features import SIDES, CropFeatures, imagenet_network
from vsodboost.data.errors import WeightsError


def test_features_are_the_average_of_the_last_feature_map(resnet18: nn.Module, resnet18_file: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 255, (1, 64, 96, 3), np.uint8)
    scene = small_scene(1, (64, 96), frames=frames)
    features = CropFeatures("resnet18", resnet18_file)
    boxes = np.array([[0, 0, 96, 64], [10, 10, 42, 42]], np.float32)
    found = features.features(scene, 0, boxes)
    assert found.shape == (2, 512)
    assert SIDES["resnet18"] == 224
    import cv2

    picture = cv2.resize(frames[0], (224, 224), interpolation=cv2.INTER_LINEAR)
    values = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
    values = (values - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) / torch.tensor([0.229, 0.224, 0.225])[
        :, None, None
    ]
    with torch.inference_mode():
        expected = resnet18.forward_features(values).mean(dim=(2, 3))[0].numpy()  # type: ignore[operator]
    np.testing.assert_allclose(found[0], expected, rtol=1e-3, atol=1e-4)
    assert np.abs(features.features(scene, 0, boxes, mirrored=True) - found).max() > 1e-3


def test_another_networks_weights_are_refused(resnet18: nn.Module, tmp_path: Path) -> None:
    state = dict(resnet18.state_dict())
    state["layer9.weight"] = torch.zeros(1)
    torch.save(state, tmp_path / "odd.pth")
    with pytest.raises(WeightsError, match=r"odd.pth: these are no weights of timm's resnet18; 'layer9.weight'"):
        imagenet_network("resnet18", tmp_path / "odd.pth")
    del state["layer9.weight"], state["conv1.weight"]
    torch.save(state, tmp_path / "short.pth")
    with pytest.raises(WeightsError, match=r"'conv1.weight' is missing"):
        imagenet_network("resnet18", tmp_path / "short.pth")
    state["conv1.weight"] = torch.zeros(64, 3, 3, 3)
    torch.save(state, tmp_path / "shape.pth")
    with pytest.raises(WeightsError, match=r"conv1\.weight"):
        imagenet_network("resnet18", tmp_path / "shape.pth")
