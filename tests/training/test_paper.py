"""Training the networks of the MQP paper on two tiny videos of a moving square."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.data.types import FlowField, Frames
from vsodboost.networks.localisation import VGG16, LocalisationNetwork
from vsodboost.networks.paper_mqpm import PaperMqpm
from vsodboost.ops.flow_image import flow_image
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import Request
from vsodboost.targets.network_target import CallableTarget
from vsodboost.training import paper
from vsodboost.training.files import VideoFiles, list_files
from vsodboost.training.own import TRAINERS
from vsodboost.training.paper import ImageBatches, LabelledImage, PaperMqpmTraining, PaperTraining
from vsodboost.training.recipe import TrainingRequest
from vsodboost.weights.reading import read_checkpoint

SIDE = 32


@pytest.fixture
def videos(tmp_path: Path) -> list[VideoFiles]:
    """Two videos of four frames, the third frame of the second without a mask."""
    for name in ("a", "b"):
        for t in range(4):
            truth = np.zeros((48, 64), np.uint8)
            truth[12:36, 4 + 10 * t : 28 + 10 * t] = 255
            frame = np.where(truth[..., None] > 0, (30, 60, 220), (90, 120, 40)).astype(np.uint8)
            for folder, image in (("JPEGImages", frame), ("Annotations", truth)):
                path = tmp_path / "davis" / folder / name
                path.mkdir(parents=True, exist_ok=True)
                if not (folder == "Annotations" and name == "b" and t == 2):
                    cv2.imwrite(str(path / f"{t:05d}.png"), image)
    return list(list_files([tmp_path / "davis"]).videos)


class Right:
    """A flow estimator that sees the whole first picture go (its mean red - the other's, 3) px; notes the sizes."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, ...]] = []

    def estimate(self, first: Frames, second: Frames) -> FlowField:
        self.sizes.append(first.shape)
        flow = np.zeros((*first.shape[:3], 2), np.float32)
        flow[..., : first.shape[2] // 2, :] = (5, 3)
        return flow


def test_every_image_once_an_epoch_and_batches_from_the_step_alone(videos: list[VideoFiles]) -> None:
    data = ImageBatches(paper.frames_of(videos), 3, seed=1, side=SIDE)
    assert (len(data.images), data.steps_per_epoch) == (7, 2)
    seen = Counter(i for step in range(7) for i in data.chosen(step))
    assert seen == dict.fromkeys(range(7), 3)
    again = ImageBatches(data.images, 3, seed=1, side=SIDE)
    assert all(torch.equal(again.batch(5)[k], data.batch(5)[k]) for k in ("image", "truth", "label"))
    assert data.batch(0)["image"].shape == (3, 3, SIDE, SIDE)
    with pytest.raises(UsageError, match="no annotated frame"):
        ImageBatches([], 3, seed=1)


def test_images_are_mirrored_with_their_truth(videos: list[VideoFiles]) -> None:
    first = replace(paper.frames_of(videos)[0])
    data = ImageBatches([first], 8, seed=0, side=SIDE)
    batch = data.batch(0)
    left = batch["truth"][..., : SIDE // 2].sum((1, 2, 3)) > batch["truth"][..., SIDE // 2 :].sum((1, 2, 3))
    assert 0 < int(left.sum()) < 8
    red = batch["image"][:, :1] > batch["image"][:, :1].mean()
    assert ((red.float() - batch["truth"]).abs() > 0.5).float().mean() < 0.05


def test_flow_images_of_annotated_frames_the_last_reversed(videos: list[VideoFiles], tmp_path: Path) -> None:
    estimator = Right()
    paths = paper.write_flow_images(videos[1], estimator, tmp_path / "flow", side=SIDE)
    assert [path.name for path in paths.values()] == ["00000.png", "00001.png", "00003.png"]
    assert estimator.sizes == [(1, 32, 32 * 4 // 3 // 32 * 32, 3)] * 3
    flow = estimator.estimate(np.zeros((1, 32, 32, 3), np.uint8), np.zeros((1, 32, 32, 3), np.uint8))[0]
    for t, sign in ((0, 1), (1, 1), (3, -1)):
        assert (cv2.imread(str(paths[t]))[..., ::-1] == flow_image(sign * flow)).all()
    calls = len(estimator.sizes)
    assert paper.write_flow_images(videos[1], estimator, tmp_path / "flow", side=SIDE) == paths
    assert len(estimator.sizes) == calls  # they were there


def test_labels_by_hand(videos: list[VideoFiles], tmp_path: Path) -> None:
    images = {v.name: {t: tmp_path / f"{v.name}{t}.png" for t in v.labelled} for v in videos}
    scores = {"a": {0: 0.3, 1: 0.6, 2: 0.7, 3: 0.9}, "b": {0: 0.64, 1: 0.66, 3: 0.2}}
    # λ0 = .5: mean of .6 .7 .9 .64 .66 = .7 -> λ1 = .6; the same five: fixed.
    samples, threshold = paper.labelled(videos, images, scores)
    assert threshold == pytest.approx(0.6)
    assert [s.label for s in samples] == [0, 1, 1, 1, 1, 1, 0]
    assert samples[3].mask == videos[0].masks[3]


def test_motion_quality_is_the_s_measure_of_the_image_models_map(videos: list[VideoFiles], tmp_path: Path) -> None:
    images = {v.name: {} for v in videos}
    for t in (0, 1):  # the "flow image" of frame 0 shows the truth, that of frame 1 nothing
        picture = cv2.imread(str(videos[0].masks[t])) if t == 0 else np.zeros((48, 64, 3), np.uint8)
        images["a"][t] = tmp_path / f"{t}.png"
        cv2.imwrite(str(images["a"][t]), picture)
    calls = []

    def bright(frames: Frames) -> np.ndarray:
        calls.append(len(frames))
        return frames[..., 0] / np.float32(255)

    file = tmp_path / "mqs.json"
    card = TargetCard(summary="bright")
    scores = paper.motion_quality_scores(videos, images, CallableTarget(bright), card, file)
    assert scores["a"][0] == pytest.approx(1, abs=1e-6)
    assert scores["a"][1] < 0.5
    assert paper.motion_quality_scores(videos, images, CallableTarget(bright), card, file) == scores
    assert len(calls) == 2  # the second time they were read
    with pytest.raises(UsageError, match="image model"):
        paper.motion_quality_scores(videos, images, CallableTarget(bright), replace(card, window=3), file)


@pytest.mark.parametrize("kind", ["spatial", "mqpm"])
def test_a_few_steps_lower_the_loss(kind: str, videos: list[VideoFiles], tmp_path: Path) -> None:
    torch.manual_seed(0)
    samples = [replace(s, label=float(i % 2)) for i, s in enumerate(paper.frames_of(videos))]
    data = ImageBatches(samples, 4, seed=0, side=SIDE)
    network = PaperMqpm(8, 4, SIDE) if kind == "mqpm" else LocalisationNetwork(8, 4, SIDE)
    settings = (PaperMqpmTraining if kind == "mqpm" else PaperTraining)(steps=40, batch=4, loss="code")
    batch = data.batch(0)

    @torch.no_grad()
    def error() -> float:
        out = network(batch["image"])
        logits = out.logits if kind == "mqpm" else out
        return float(torch.nn.functional.binary_cross_entropy_with_logits(logits, batch["truth"]))

    before = error()
    state = paper.train(network, data, settings, tmp_path / "run", lambda message: None)
    network.load_state_dict(state)
    assert error() < 0.8 * before


def test_the_papers_loss_is_a_sum(videos: list[VideoFiles], tmp_path: Path) -> None:
    said: dict[str, list[str]] = {}
    for loss in ("paper", "code"):
        torch.manual_seed(0)
        data = ImageBatches(paper.frames_of(videos), 2, seed=0, side=SIDE)
        network, lines = LocalisationNetwork(4, 2, SIDE), said.setdefault(loss, [])
        paper.train(network, data, PaperTraining(steps=50, loss=loss, rate=1e-12), tmp_path / loss, lines.append)
    means = {loss: float(lines[0].split("loss ")[1].split()[0]) for loss, lines in said.items()}
    assert means["paper"] / means["code"] == pytest.approx(2 * SIDE * SIDE, rel=0.01)
    with pytest.raises(UsageError, match="loss=sum"):
        paper.train(network, data, PaperTraining(loss="sum"), tmp_path, lines.append)


@pytest.mark.parametrize("name", ["mqpm-paper", "spatial-paper"])
def test_weights_tell_the_side_they_were_trained_at(
    name: str, videos: list[VideoFiles], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = partial(PaperMqpm, 4, 2) if name == "mqpm-paper" else partial(LocalisationNetwork, 4, 2)
    module = "paper_mqpm.PaperMqpm" if name == "mqpm-paper" else "localisation.LocalisationNetwork"
    monkeypatch.setattr(f"vsodboost.networks.{module}", network)
    options = {"side": "64", "steps": "1", "batch": "2"} | ({"flow": "dis"} if name == "mqpm-paper" else {})
    registry = Registry.load()
    request = TrainingRequest(
        (tmp_path / "davis",), tmp_path / "run", lambda line: None, options,
        build=lambda kind, plugin: registry.build(kind, plugin, Request())[0], registry=registry,
    )  # fmt: skip
    trained = network()
    trained.load_state_dict(read_checkpoint(TRAINERS[name](request)))
    assert getattr(trained, "localisation", trained).side == 64
    with pytest.raises(UsageError, match="side=50: a multiple of 32"):
        TRAINERS[name](replace(request, options={"side": "50"}))


def test_imagenet_weights_go_into_the_encoder(tmp_path: Path) -> None:
    torch.manual_seed(0)
    given, encoder = VGG16(2), VGG16(2)
    file = tmp_path / "vgg16.pth"
    torch.save({**given.state_dict(), "classifier.0.weight": torch.zeros(3)}, file)
    paper.load_vgg(encoder, file)
    assert all(torch.equal(v, given.state_dict()[k]) for k, v in encoder.state_dict().items())
    with pytest.raises(WeightsError, match=r"vgg16.pth is no VGG-16"):
        paper.load_vgg(VGG16(3), file)


def test_an_unreadable_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"no image")
    with pytest.raises(UsageError, match=r"x\.jpg"):
        ImageBatches([LabelledImage(tmp_path / "x.jpg", tmp_path / "x.png")], 1, seed=0).batch(0)
