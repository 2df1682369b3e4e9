"""The pseudo-label paper on a tiny video, worked out here once more from its text, down to the result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from moving_square import write_labels
from small_plans import BrightNetwork, ConstantFlow, numbered, small_plan
from torch import Tensor, nn
from torch.nn import functional as F

from vsodboost.boosters.labels.paper import build
from vsodboost.boosters.untuned import Untuned
from vsodboost.data.boosted import BoostedBuffer
from vsodboost.data.cards import SpatialModelCard
from vsodboost.data.types import Frames
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.plan import Plan, set_up
from vsodboost.registry.discovery import Entry
from vsodboost.registry.interfaces import Request
from vsodboost.spatial.student import Student

H, W, COUNT, STEP = 32, 64, 7, 4
LABELLED = (0, 4)
HALF = (0.5, 0.5, 0.5)


def video() -> tuple[Frames, np.ndarray]:
    """A bright square of 16 px that moves 4 px a frame, and its masks."""
    frames = np.random.default_rng(1).integers(0, 120, (COUNT, H, W, 3)).astype(np.uint8)
    masks = np.zeros((COUNT, H, W), np.uint8)
    for t in range(COUNT):
        x = 12 + STEP * t
        frames[t, 12:28, x : x + 16] = 200 - 10 * t
        masks[t, 12:28, x : x + 16] = 255
    return numbered(frames), masks


class Mean(nn.Module):
    """Seven channels to a pseudo-label: the mean of the two propagated labels, made sharper."""

    def forward(self, inputs: Tensor) -> Tensor:
        return (inputs[:, 3:5].mean(dim=1, keepdim=True) - 0.5) * 6


class ClipNetwork(nn.Module):
    """What a frame shows, and what its clip shows on average."""

    def __init__(self) -> None:
        super().__init__()
        self.own = BrightNetwork()
        self.others = nn.Parameter(torch.tensor(0.5))

    def forward(self, clip: Tensor) -> Tensor:
        logits: Tensor = self.own(clip)
        return logits + self.others * logits.mean(dim=0, keepdim=True)


def plan(labels: Path, **student: int) -> Plan:
    made = small_plan(Untuned(), lambda frames: np.zeros(frames.shape[:3], np.float32), flow=ConstantFlow(STEP))
    entry = Entry("fgplg-rcrnet", lambda request: Mean(), SpatialModelCard(summary="mean", channels=7), "test")
    made.registry.entries["spatial_models"]["fgplg-rcrnet"] = entry
    card = SpatialModelCard(summary="clips", mean=HALF, std=HALF, **student)
    booster = build(Request(options={"labels": str(labels)}))
    made = replace(made, student=Student(ClipNetwork(), card), booster=booster, working=lambda size: size)
    return set_up(made)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> BoostedBuffer:
    frames, masks = video()
    labels = write_labels(tmp_path_factory.mktemp("labels"), masks, LABELLED)
    (buffer,) = Engine(plan(labels, window=4)).boost(ArraySource(frames))
    return buffer


def test_one_tiny_video_by_the_papers_own_steps(done: BoostedBuffer) -> None:
    frames, masks = video()
    truth = masks.astype(np.float32) / 255
    # One pseudo-label between the two labels, where both arrive warped along the flow (Eq. 4): the square itself.
    assert done.mined.indices.tolist() == [0, 2, 4]
    pseudo = 1 / (1 + np.exp(-(truth[2] - 0.5) * 6))
    learned = np.stack([truth[0], pseudo, truth[4]]).astype(np.float32)
    assert np.abs(done.mined.pseudo_truth - learned).max() < 1e-5
    assert done.mined.weights.tolist() == [1, 1, 1]
    # Sec. 4.2: Adam at 1e-5, sigmoid cross entropy with labels and pseudo-labels, clip by clip.
    images = torch.from_numpy(((frames.astype(np.float32) / 255 - 0.5) / 0.5).transpose(0, 3, 1, 2))
    network = ClipNetwork()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-5)
    for _ in range(8):  # ten passes over three frames in clips of four
        loss = F.binary_cross_entropy_with_logits(network(images[[0, 2, 4]])[:, 0], torch.from_numpy(learned))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert len(done.losses) == 8
    assert done.losses[-1] == pytest.approx(float(loss.detach()), rel=1e-5)
    with torch.no_grad():
        said, before = (
            torch.cat([torch.sigmoid(net(images[:4])), torch.sigmoid(net(images[4:]))])[:, 0].numpy()
            for net in (network, ClipNetwork())
        )
    expected = said.copy()
    expected[list(LABELLED)] = truth[list(LABELLED)]  # they come back as they were given
    assert np.abs(done.maps - expected).max() < 5e-6
    assert np.abs(said - before).max() > 2e-5
    assert done.decision.flags[0] == done.decision.flags[4] == "labelled"


def test_a_student_of_single_frames_is_said_to_stand_in(tmp_path: Path) -> None:
    frames, masks = video()
    made = plan(write_labels(tmp_path, masks, LABELLED))
    (buffer,) = Engine(made).boost(ArraySource(frames))
    assert any("not RCRNet+NER" in line for line in buffer.mined.notes["warnings"])
