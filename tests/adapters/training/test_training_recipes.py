"""The papers' training recipes: data, order, losses, schedules; whole runs with small stand-ins for the networks."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from vsodboost_adapters import cpd, dsnet, rcrnet
from vsodboost_adapters.layers.resnet import freeze_batch_norm
from vsodboost_adapters.training import cpd as training_cpd
from vsodboost_adapters.training import dsnet as training_dsnet
from vsodboost_adapters.training import rcrnet as training_rcrnet
from vsodboost_adapters.training.batches import Shuffled, windows
from vsodboost_adapters.training.schedule import Drops

from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.data.types import FlowField, Frames
from vsodboost.training.files import list_files
from vsodboost.training.recipe import TrainingRequest, read_settings


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Two videos of five frames in which a bright square moves; frame 2 of the second has no mask."""
    root = tmp_path / "davis"
    for name in ("a", "b"):
        for t in range(5):
            truth = np.zeros((24, 32), np.uint8)
            truth[6:18, 3 + 3 * t : 15 + 3 * t] = 255
            frame = np.where(truth[..., None] > 0, 220, 40).astype(np.uint8).repeat(3, axis=2)
            for folder, image in (("JPEGImages", frame), ("Annotations", truth)):
                path = root / folder / "480p" / name
                path.mkdir(parents=True, exist_ok=True)
                if not (folder == "Annotations" and name == "b" and t == 2):
                    cv2.imwrite(str(path / f"{t:05d}.png"), image)
    return root


@pytest.fixture
def stills(tmp_path: Path) -> Path:
    root = tmp_path / "stills"
    for i in range(4):
        for folder, image in (("images", np.full((20, 30, 3), 60 * i, np.uint8)), ("masks", np.eye(20, 30) * 255)):
            (root / folder).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(root / folder / f"{i}.png"), image.astype(np.uint8))
    return root


class Shift:
    """A flow estimator that answers (mean of first, mean of second) everywhere."""

    def estimate(self, first: Frames, second: Frames) -> FlowField:
        flow = np.empty((*first.shape[:3], 2), np.float32)
        flow[..., 0], flow[..., 1] = first.mean() - second.mean(), first.std() - second.std()
        return flow


# ---- data ----


def test_files_of_videos_and_stills(videos: Path, stills: Path) -> None:
    files = list_files([videos, stills])
    assert [(v.name, v.labelled) for v in files.videos] == [("a", [0, 1, 2, 3, 4]), ("b", [0, 1, 3, 4])]
    assert len(files.stills) == 4 and files.stills[0][1].parent.name == "masks"


def test_a_folder_without_training_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=str(tmp_path)):
        list_files([tmp_path])


def test_every_sample_once_an_epoch_from_the_step_alone() -> None:
    order = Shuffled(10, 3, seed=1)
    epochs = [[i for step in range(3) for i in order.at(3 * epoch + step)] for epoch in range(2)]
    assert order.steps_per_epoch == 3
    assert all(len(set(epoch)) == 9 for epoch in epochs) and epochs[0] != epochs[1]
    assert Shuffled(10, 3, seed=1).at(4) == order.at(4) != Shuffled(10, 3, seed=2).at(4)
    assert sorted(Shuffled(2, 4, seed=0).at(7)) == [0, 0, 1, 1]
    with pytest.raises(UsageError):
        Shuffled(0, 3, seed=1)


def test_clips_share_a_frame_and_end_with_the_last() -> None:
    assert windows(range(10), 4, 3) == [(0, 1, 2, 3), (3, 4, 5, 6), (6, 7, 8, 9)]
    assert windows([0, 2, 4, 6, 8], 4, 3) == [(0, 2, 4, 6), (2, 4, 6, 8)]
    assert windows([5, 7], 4, 3) == [(5, 7, 7, 7)]
    assert windows([], 4, 3) == []


def test_settings_from_text() -> None:
    settings = read_settings(training_dsnet.DSNetSettings, {"size": "64", "rate": "1e-3", "flow": "farneback"})
    assert (settings.size, settings.rate, settings.flow, settings.batch) == (64, 1e-3, "farneback", 8)
    for options, text in [({"siez": "64"}, "siez"), ({"size": "big"}, "size=big"), ({"rate": "-1"}, "rate=-1"),
                          ({"rate": "nan"}, "rate=nan")]:  # fmt: skip
        with pytest.raises(UsageError, match=text):
            read_settings(training_dsnet.DSNetSettings, options)


def test_dsnet_samples(videos: Path, stills: Path) -> None:
    files = list_files([videos, stills])
    samples = training_dsnet.list_samples(files)
    assert len(samples) == 5 + 4 + 4
    still = training_dsnet.read_sample(samples[-1], 16, Shift())
    assert not still[1].any() and still[2].shape == (1, 16, 16) and still[2].max() <= 1

    seen: list[tuple[float, float]] = []

    class Spy(Shift):
        def estimate(self, first: Frames, second: Frames) -> FlowField:
            seen.append((float(first[0, 12].argmax()), float(second[0, 12].argmax())))
            return np.stack([np.full(first.shape[:3], 5.0), np.zeros(first.shape[:3])], axis=-1).astype(np.float32)

    inside, last = (training_dsnet.read_sample(samples[t], 16, Spy()) for t in (1, 4))
    columns = [3 * (3 + 3 * t) for t in range(5)]  # three channels a pixel
    assert seen == [(columns[1], columns[2]), (columns[4], columns[3])]
    # Rightwards is red; the last frame's backward flow is negated, so it is leftwards, which is cyan.
    assert inside[1].mean((1, 2))[0] > inside[1].mean((1, 2))[2]
    assert last[1].mean((1, 2))[0] < last[1].mean((1, 2))[2]


def test_augmentation_keeps_image_and_truth_together(videos: Path) -> None:
    frame, mask = list_files([videos]).videos[0].frames[2], list_files([videos]).videos[0].masks[2]
    assert mask is not None
    differ = []
    for seed in range(20):
        image, truth = training_rcrnet.augmented(frame, mask, 32, np.random.default_rng(seed))
        assert image.shape == (3, 32, 32) and truth.shape == (1, 32, 32)
        sure = (truth < 0.01) | (truth > 0.99)
        bright = image.mean(0, keepdim=True)
        assert bright[sure & (truth > 0.5)].min() > bright[sure & (truth < 0.5)].max()
        differ.append(truth.mean().item())
    assert len(set(differ)) > 10


# ---- losses and schedules ----


def test_drops() -> None:
    schedule = Drops(100, drops=(40, 84), by=0.2)
    assert [schedule.factor(step) for step in (0, 39, 40, 83, 84)] == pytest.approx([1, 1, 0.2, 0.2, 0.04])


def bce(logits: Tensor, truth: Tensor) -> float:
    p = torch.sigmoid(logits.double())
    return float(-(truth * p.log() + (1 - truth) * (1 - p).log()).mean())


def test_losses_are_the_papers() -> None:
    truth, frames = (torch.rand(2, 1, 8, 8) > 0.5).float(), torch.randn(2, 3, 8, 8)
    maps = [torch.randn(2, 1, 8, 8) for _ in range(4)]
    batch = {"frames": frames, "flow": frames, "truth": truth}

    class Fixed(nn.Module):
        def forward(self, *inputs: Any) -> Any:
            return maps[: self.count]

    net = Fixed()
    for count, loss in [(4, training_dsnet.loss), (2, training_cpd.loss)]:
        net.count = count
        assert float(loss(net, batch)) == pytest.approx(sum(bce(m, truth) for m in maps[:count]), rel=1e-5)
    clip = {"frames": frames[:, None].expand(2, 4, 3, 8, 8), "truth": truth[:, None].expand(2, 4, 1, 8, 8)}
    net.count = 4
    assert float(training_rcrnet.clip_loss(net, clip)) == pytest.approx(sum(bce(m, truth) for m in maps), rel=1e-5)


def test_cpd_clamps_every_gradient_element() -> None:
    layer = nn.Linear(3, 1)
    training_cpd.clamp_gradients(layer, 0.5)
    (layer(torch.tensor([10.0, 0.1, -7.0]))).sum().backward()
    torch.testing.assert_close(layer.weight.grad, torch.tensor([[0.5, 0.1, -0.5]]))


@pytest.mark.parametrize(
    ("build", "loss", "batch", "unused"),
    [
        (dsnet.build_network, training_dsnet.loss, {"frames": (2, 3), "flow": (2, 3), "truth": (2, 1)}, ()),
        (rcrnet.build_network, training_rcrnet.clip_loss, {"frames": (1, 2, 3), "truth": (1, 2, 1)},
         ("backbone.resnet.fc.",)),
        (lambda: cpd.build_network("vgg"), training_cpd.loss, {"frames": (1, 3), "truth": (1, 1)}, ()),
    ],
    ids=["dsnet", "rcrnet", "cpd"],
)  # fmt: skip
def test_every_parameter_of_the_real_networks_learns(
    build: Callable[[], nn.Module],
    loss: Callable[[nn.Module, dict[str, Tensor]], Tensor],
    batch: dict[str, tuple[int, ...]],
    unused: tuple[str, ...],
) -> None:
    torch.manual_seed(0)
    network = build().train()
    for name, parameter in network.named_parameters():
        if name.endswith("W.weight"):  # starts at zero, which would hide what lies behind it
            nn.init.normal_(parameter, std=0.1)
    if build is rcrnet.build_network:
        freeze_batch_norm(network)
    values = {name: torch.rand(*shape, 64, 64) for name, shape in batch.items()}
    loss(network, values).backward()
    alive = {
        n for n, p in network.named_parameters() if p.grad is not None and p.grad.isfinite().all() and p.grad.any()
    }
    assert [n for n, _ in network.named_parameters() if n not in alive and not n.startswith(unused or ("-",))] == []


def test_vgg_gets_imagenet_weights_in_both_tails(tmp_path: Path) -> None:
    torch.manual_seed(0)
    sizes = [3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
    state = {}
    for i, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
        state[f"features.{2 * i}.weight"] = torch.randn(outputs, inputs, 3, 3)
        state[f"features.{2 * i}.bias"] = torch.randn(outputs)
    state["classifier.0.weight"] = torch.zeros(2, 2)
    torch.save(state, tmp_path / "vgg16.pth")
    network = cpd.build_network("vgg")
    training_cpd._load_encoder(network, str(tmp_path / "vgg16.pth"), "vgg16")
    own = network.state_dict()
    assert torch.equal(own["vgg.conv1.conv1_1.weight"], state["features.0.weight"])
    for copy in (1, 2):
        assert torch.equal(own[f"vgg.conv4_{copy}.conv4_1_{copy}.weight"], state["features.14.weight"])
        assert torch.equal(own[f"vgg.conv5_{copy}.conv5_3_{copy}.bias"], state["features.24.bias"])


def test_imagenet_weights_of_another_encoder_are_refused(tmp_path: Path) -> None:
    torch.save({"features.0.weight": torch.zeros(3)}, tmp_path / "vgg.pth")
    with pytest.raises(WeightsError, match="right encoder"):
        training_dsnet._load_encoders(dsnet.build_network(), str(tmp_path / "vgg.pth"))


# ---- whole runs, with stand-ins ----


class StandIn(nn.Module):
    """One convolution; answers like DS-Net (two inputs, four maps), CPD (two) or RCRNet (a list, or one)."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.kind = kind
        self.backbone = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 1, 1))

    def forward(self, frames: Any, flow: Tensor | None = None) -> Any:
        if self.kind == "video":
            return [self.backbone(frame) for frame in frames]
        out = self.backbone(frames if flow is None else frames + flow)
        return {"image": out, "cpd": (out, out), "dsnet": (out,) * 4}[self.kind]


def shift_for_dis(kind: str, spec: str) -> Shift:
    assert (kind, spec) == ("flows", "dis")  # the recipe's default
    return Shift()


def trained(
    name: str, folder: Path, data: tuple[Path, ...], options: dict[str, str], monkeypatch: pytest.MonkeyPatch, *,
    resume: bool = False,
) -> tuple[dict[str, Tensor], list[str]]:  # fmt: skip
    said: list[str] = []
    options = {"imagenet": "none", "size": "16", **options}
    request = TrainingRequest(data, folder, said.append, options, resume=resume, build=shift_for_dis)
    if name == "cpd":
        path = training_cpd.train(request, StandIn("cpd"), "cpd", "vgg16")
    else:
        module = {"dsnet": training_dsnet, "rcrnet": training_rcrnet}[name]
        monkeypatch.setattr(training_dsnet, "build_designed", lambda design: StandIn("dsnet"))
        monkeypatch.setattr(training_rcrnet, "build_network", StandIn)
        path = module.train(request)
    assert path == folder / f"{name}.safetensors"
    return load_file(path), said


def error(state: dict[str, Tensor], videos: Path) -> float:
    network = StandIn("image")
    network.load_state_dict(state)
    pairs = [p for v in list_files([videos]).videos for p in zip(v.frames, v.masks, strict=True) if p[1] is not None]
    total = 0.0
    with torch.inference_mode():
        for frame, mask in pairs:
            image, truth = training_cpd.labelled_image(frame, mask, 16)
            total += float((torch.sigmoid(network.eval()(image[None]))[0] - truth).abs().mean())
    return total / len(pairs)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("cpd", {"batch": "3", "rate": "0.1", "steps": "40"}),
        ("dsnet", {"batch": "2", "rate": "0.1", "steps": "40"}),
        ("rcrnet", {"image_batch": "4", "image_rate": "0.1", "image_steps": "40", "rate": "0.01", "steps": "10"}),
    ],
)
def test_runs_learn_and_resume_to_the_same_weights(
    name: str, options: dict[str, str], videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {**options, **({"drop_at": "1", "drop_again_at": "1"} if name == "dsnet" else {})}
    whole, said = trained(name, tmp_path / "whole", (videos,), options, monkeypatch)
    if name != "dsnet":  # the stand-in adds flow to the frame, which error() does not
        assert error(whole, videos) < 0.5 * error(StandIn("image").state_dict(), videos)
    assert any("weights add" in line for line in said)

    half = {key: str(int(value) // 2) if key.endswith("steps") else value for key, value in options.items()}
    if name == "rcrnet":
        half["image_steps"] = options["image_steps"]  # stopped in the second stage
    trained(name, tmp_path / "parts", (videos,), half, monkeypatch)
    again, said = trained(name, tmp_path / "parts", (videos,), options, monkeypatch, resume=True)
    assert any("resumed" in line for line in said)
    for key, value in whole.items():
        assert torch.equal(value, again[key]), key


def test_rcrnet_stops_after_the_image_stage_without_videos(
    stills: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_rcrnet, "build_network", StandIn)
    options = {"imagenet": "none", "size": "16", "image_steps": "1", "image_batch": "2"}
    request = TrainingRequest((stills,), tmp_path / "out", print, options)
    assert training_rcrnet.train(request).name == "rcrnet-image.safetensors"
    with pytest.raises(UsageError, match="needs videos"):
        start = str(tmp_path / "out" / "rcrnet-image.safetensors")
        training_rcrnet.train(TrainingRequest((stills,), tmp_path / "out", print, {**options, "image_start": start}))


@pytest.mark.parametrize("module", [training_dsnet, training_rcrnet])
def test_a_batch_of_one_is_refused_where_batch_norm_needs_two(module: Any, stills: Path, tmp_path: Path) -> None:
    option = "batch" if module is training_dsnet else "image_batch"
    with pytest.raises(UsageError, match="at least 2"):
        module.train(TrainingRequest((stills,), tmp_path, print, {option: "1"}))
