"""From the authors' kind of file to maps of a clip: weights added, target built, windows run, maps checked by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
import torch
from caffe_writer import caffemodel
from PIL import Image
from torch import Tensor, nn
from vsodboost_adapters import dsnet, mga, rcrnet, ssav
from vsodboost_adapters.networks import ssav as ssav_network
from vsodboost_adapters.networks import ssav_blobs

from vsodboost import weights
from vsodboost.data.cards import IMAGENET_MEAN, IMAGENET_STD, TargetCard
from vsodboost.data.types import Clip, Maps
from vsodboost.ops.flow_image import flow_images
from vsodboost.registry.discovery import Registry
from vsodboost.targets.network_target import run_target

SIDE = 64
FRAMES = 5


@pytest.fixture
def clip() -> Clip:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (FRAMES * 8, 10, 3), np.uint8)
    frames = cv2.resize(coarse, (60, FRAMES * 48)).reshape(FRAMES, 48, 60, 3)
    flow = rng.normal(size=(FRAMES, 48, 60, 2)).astype(np.float32)
    return Clip(frames, tuple(map(str, range(FRAMES))), "video", flow=flow)


def network_of(build: Callable[[], nn.Module]) -> nn.Module:
    torch.manual_seed(0)
    return build().eval()


def maps_through_the_house(name: str, file: Path, clip: Clip) -> tuple[Maps, TargetCard]:
    weights.add(name, file)
    target, card = Registry.load().build("targets", name)
    return run_target(target, card, clip, name), card


def as_input(image: np.ndarray, side: int) -> Tensor:
    small = np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR), np.float64) / 255
    return torch.from_numpy(((small - IMAGENET_MEAN) / IMAGENET_STD).transpose(2, 0, 1)).float()[None]


def small_cards(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """The module's targets at 64 px: at the official size a frame takes seconds."""
    for card in ("CARD", "IMAGE_CARD"):
        if hasattr(module, card):
            monkeypatch.setattr(module, card, replace(getattr(module, card), input_size=(SIDE, SIDE)))


@pytest.mark.parametrize(
    ("name", "module", "wrap"),
    [
        ("mga", mga, lambda state: {k: v for k, v in state.items() if "num_batches" not in k}),
        ("dsnet", dsnet, lambda state: state),
        (
            "rcrnet-image",
            rcrnet,
            lambda state: {"state_dict": {f"module.{k}": v for k, v in state.items()}},
        ),
    ],
    ids=["mga", "dsnet", "rcrnet-image"],
)
def test_frame_models(
    name: str,
    module: ModuleType,
    wrap: Callable[[dict[str, Tensor]], dict[str, object]],
    clip: Clip,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VSODBOOST_HOME", str(tmp_path))
    small_cards(module, monkeypatch)
    network = network_of(lambda: module.build_network(*(["image"] if module is rcrnet else [])))
    torch.save(wrap(network.state_dict()), tmp_path / "file.pth")
    maps, card = maps_through_the_house(name, tmp_path / "file.pth", clip)
    assert maps.shape == (FRAMES, 48, 60)

    assert clip.flow is not None
    inputs = [as_input(clip.frames[3], SIDE)]
    if card.needs_flow:
        inputs.append(as_input(flow_images(clip.flow)[3], SIDE))
    with torch.inference_mode():
        out = network(*inputs)
    expected = torch.sigmoid(out if torch.is_tensor(out) else out[0])[0, 0].numpy()
    if card.minmax:
        expected = (expected - expected.min()) / (expected.max() - expected.min())
    assert expected.std() > 1e-3
    np.testing.assert_allclose(maps[3], cv2.resize(expected, (60, 48), interpolation=cv2.INTER_AREA), atol=2e-3)


def test_rcrnet_clips_end_with_the_last_frame(clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VSODBOOST_HOME", str(tmp_path))
    small_cards(rcrnet, monkeypatch)
    network = network_of(rcrnet.build_network)
    torch.save({"state_dict": network.state_dict()}, tmp_path / "video_best_model.pth")
    maps, _ = maps_through_the_house("rcrnet", tmp_path / "video_best_model.pth", clip)
    frames = [as_input(frame, SIDE) for frame in clip.frames]
    with torch.inference_mode():
        first, last = network(frames[:4]), network(frames[1:])
    for t, out in enumerate([first[0], *last]):  # the second clip overlaps the first and wins
        expected = cv2.resize(torch.sigmoid(out)[0, 0].numpy(), (60, 48), interpolation=cv2.INTER_AREA)
        np.testing.assert_allclose(maps[t], expected, atol=2e-3)


def test_ssav_from_a_caffemodel(clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VSODBOOST_HOME", str(tmp_path))
    for module in (ssav_network, ssav_blobs):
        monkeypatch.setattr(module, "SIZE", 65)
    monkeypatch.setattr(ssav, "CARD", replace(ssav.CARD, input_size=(65, 65)))
    network = network_of(ssav.build_network)
    state = network.state_dict()
    blobs = {caffe: state[ours].numpy() for caffe, ours in ssav_blobs.blob_names()}
    (tmp_path / "SSAV.caffemodel").write_bytes(caffemodel(blobs))
    maps, _ = maps_through_the_house("ssav", tmp_path / "SSAV.caffemodel", clip.part(0, 2))  # shorter than a window
    assert maps.shape == (2, 48, 60)
    bgr = [cv2.resize(clip.frames[t], (65, 65)).astype(np.float64)[..., ::-1] for t in (0, 1, 1)]
    pixels = np.stack(bgr) - (104.00698793, 116.66876762, 122.67891434)
    with torch.inference_mode():
        out = network(torch.from_numpy(pixels.transpose(0, 3, 1, 2)).float())[0][:2, 0].numpy()
    for t, expected in enumerate(out):
        assert expected.std() > 1e-3
        stretched = (expected - expected.min()) / (expected.max() - expected.min())
        np.testing.assert_allclose(maps[t], cv2.resize(stretched, (60, 48), interpolation=cv2.INTER_AREA), atol=2e-3)
