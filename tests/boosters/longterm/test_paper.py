"""Algorithm 1 of LIMVSOD on a tiny video, worked out here once more from the paper, down to the result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from small_plans import bright_student, small_plan
from sod_oracle import oracle_one
from torch import Tensor, nn
from torch.nn import functional as F

from vsodboost.boosters import cards
from vsodboost.boosters.longterm import paper
from vsodboost.boosters.longterm.options import paper_profile
from vsodboost.boosters.untuned import Untuned
from vsodboost.data.boosted import BoostedBuffer
from vsodboost.data.cards import DetectorCard, SpatialModelCard
from vsodboost.data.types import FlowField, Frames, Maps, PerFrame, Proposals
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.plan import Plan, set_up
from vsodboost.registry.discovery import Entry
from vsodboost.registry.interfaces import Request
from vsodboost.spatial.student import Student

H, W, COUNT = 40, 64, 5
RED = [(6 + 4 * t, 6, 26 + 4 * t, 26) for t in range(COUNT)]
BLUE = [(30, 24, 50, 38)] * COUNT


def video() -> Frames:
    """A red square that moves and a blue bar that stands, on grey; each frame's colours are a little different."""
    frames = np.full((COUNT, H, W, 3), 128, np.uint8)
    for t, (red, blue) in enumerate(zip(RED, BLUE, strict=True)):
        fade = (0, 4, 9, 2, 26)[t]
        frames[t, red[1] + 5 : red[3] - 5, red[0] + 5 : red[2] - 5] = (230 - fade, 60 + fade, 40)
        frames[t, blue[1] + 4 : blue[3] - 4, blue[0] + 4 : blue[2] - 4] = (40, 60 + fade // 2, 220 - 2 * fade)
    return frames


class Colour(nn.Module):
    """Red is salient; what it sees of a pixel is its colour."""

    def texture(self, frames: Tensor) -> Tensor:
        return frames

    def features(self, texture: Tensor, guidance: Tensor | None = None) -> Sequence[Tensor]:
        return [texture] * 5

    def decode(self, features: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        return self(features[0])

    def forward(self, frames: Tensor, guidance: Tensor | None = None) -> Tensor:
        return 3 * frames[:, :1] - 2 * frames[:, 2:]


class TwoBoxes:
    def detect(self, frames: Frames) -> Sequence[Proposals]:
        scores = np.array([0.9, 0.8], np.float32)
        return [Proposals(np.array([RED[t], BLUE[t]], np.float32), scores) for t in range(len(frames))]


class Moving:
    """MS: what is red, in every frame of another strength."""

    def predict_flow(self, flow: FlowField) -> tuple[Maps, PerFrame]:
        strength = np.array([0.7, 0.95, 0.9, 0.85, 0.6], np.float32)[:, None, None]
        red = video()[..., 0] > 180
        return np.asarray(red * strength, np.float32), np.ones(COUNT, np.float32)


def plan() -> Plan:
    made = small_plan(Untuned(), lambda frames: frames[..., 2] / np.float32(255), detector="two")
    made.registry.entries["detectors"]["two"] = Entry("two", lambda request: TwoBoxes(), DetectorCard(summary=""), "t")
    half = (0.5, 0.5, 0.5)
    fusion = Student(Colour(), SpatialModelCard(summary="colour", mean=half, std=half))
    booster = paper.build(Request(options={"clusters": "2"}))
    made = set_up(replace(made, fusion=fusion, motion=Moving(), booster=booster, booster_card=cards.LONGTERM_PAPER))
    return replace(made, working=lambda size: size)


@pytest.fixture(scope="module")
def done() -> BoostedBuffer:
    (buffer,) = Engine(plan()).boost(ArraySource(video()))
    return buffer


def normalised(frames: Frames) -> np.ndarray:
    return (frames.astype(np.float64) / 255 - 0.5) / 0.5


def cut(ordered: np.ndarray) -> int:
    """Eq. 13 to 16: behind the place j, ξ <= j < g, where the values change most."""
    g = len(ordered)
    places = range(math.ceil(0.6 * g), g)
    return max(places, key=lambda j: abs(ordered[j] - ordered[j - 1]))


def mined_by_hand(boxes: Sequence[tuple[int, int, int, int]], motion: Maps, sign: int) -> list[int]:
    """Eq. 8 and 10 to 18 for a cluster of one box a frame (``sign`` -1: a salient one), and three iterations in which
    the classifier is right: which frames' boxes are in Pos (or Neg)."""
    frames = normalised(video())
    pms = np.array([motion[t, b[1] : b[3], b[0] : b[2]].mean() for t, b in enumerate(boxes)])
    looks = np.stack([frames[t, b[1] : b[3], b[0] : b[2]].mean(axis=(0, 1)) for t, b in enumerate(boxes)])
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    apart = np.linalg.norm(looks - looks.mean(axis=0), axis=1)
    near, best = np.argsort(apart), np.argsort(sign * pms, kind="stable")
    trusted = set(near[: cut(apart[near])]) & set(best[: cut((sign * pms)[best])])
    for _ in range(3):
        rest = [t for t in near if t not in trusted]
        trusted |= set(rest[: math.ceil(0.6 * len(rest))])
    return sorted(int(t) for t in trusted)


def fs_by_hand(salient: Sequence[int]) -> Maps:
    """Eq. 19: each salient patch refined on its own, min-max normalised and pasted."""
    maps = np.zeros((COUNT, H, W), np.float32)
    for t in salient:
        x0, y0, x1, y1 = RED[t]
        patch = cv2.resize(video()[t, y0:y1, x0:x1], (128, 128), interpolation=cv2.INTER_LINEAR)
        seen = normalised(patch)
        said = 1 / (1 + np.exp(-(3 * seen[..., 0] - 2 * seen[..., 2])))
        said = (said - said.min()) / (said.max() - said.min())
        maps[t, y0:y1, x0:x1] = cv2.resize(said.astype(np.float32), (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    return maps


def test_one_tiny_video_by_the_papers_own_steps(done: BoostedBuffer) -> None:
    motion = done.scene.motion_maps
    positive = mined_by_hand(RED, motion, -1)
    boxes = done.mined.notes["boxes"]
    salient = sorted(box["frame"] for box in boxes if box["kind"] == "salient")
    assert salient == positive
    assert [b["box"] for b in boxes if b["kind"] == "salient"] == [list(map(float, RED[t])) for t in positive]
    assert len(mined_by_hand(BLUE, motion, 1)) == sum(box["kind"] == "background" for box in boxes)
    # Sec. IV-B: of B = 5 frames the one whose FS agrees best with MS.
    fs = fs_by_hand(positive)
    agreed = [oracle_one(fs[t], motion[t] > 0.5)["S"] if t in positive else -1 for t in range(COUNT)]
    (key,) = done.mined.indices
    assert key == int(np.argmax(agreed))
    assert done.mined.pseudo_truth[0] == pytest.approx(fs[key], abs=1e-5)
    # Ten epochs of Eq. 6 on it, in batches of two, by Adam; the refiner sees frames alone.
    network = bright_student().network
    images = torch.from_numpy(normalised(video()).transpose(0, 3, 1, 2).astype(np.float32))
    truth = torch.from_numpy(fs[key])[None, None].expand(2, -1, -1, -1)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    for _ in range(5):
        loss = F.binary_cross_entropy_with_logits(network(images[[key, key]]), truth, reduction="sum")
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert done.losses[-1] == pytest.approx(float(loss.detach()), rel=1e-4)
    with torch.no_grad():
        said = torch.sigmoid(network(images))[:, 0].numpy()
        before = torch.sigmoid(bright_student().network(images))[:, 0].numpy()
    assert np.abs(said - before).max() > 1e-4
    low, high = said.min((1, 2), keepdims=True), said.max((1, 2), keepdims=True)
    assert np.abs(done.maps - (said - low) / (high - low)).max() < 1e-5
    assert done.decision.weight.tolist() == [1] * COUNT


def test_the_next_video_starts_from_the_initial_refiner() -> None:
    engine = Engine(plan())
    first, second = (next(iter(engine.boost(ArraySource(video())))) for _ in range(2))
    assert (first.maps == second.maps).all()
    assert first.losses == second.losses


def test_the_run_says_what_stands_in_for_the_papers_parts(done: BoostedBuffer) -> None:
    said = done.mined.notes["warnings"]
    assert [line.split(":")[0] for line in said] == ["profile paper"] * 5
    for word in ("detector 'two'", "ResNet-18", "motion model 'mqpm'", "refiner"):
        assert any(word in line for line in said)


def test_without_a_salient_proposal_the_targets_maps_pass_through() -> None:
    made = plan()
    made = replace(made, motion=Still())
    (buffer,) = Engine(made).boost(ArraySource(video()))
    assert buffer.decision.flags == ("untuned",) * COUNT
    assert buffer.maps == pytest.approx(buffer.target, abs=1e-6)


class Still:
    def predict_flow(self, flow: FlowField) -> tuple[Maps, PerFrame]:
        return np.zeros(flow.shape[:3], np.float32), np.zeros(len(flow), np.float32)


def test_the_profile_names_the_papers_parts() -> None:
    chosen = paper_profile({})
    assert chosen["spatial_model"] == "cpd-davis"
    assert (chosen["detector"], chosen["motion"], chosen["carry_over"]) == ("efficientdet:d7", "cpd-flow", False)
    assert (paper_profile({"follow": "code"})["spatial_model"], paper_profile({"follow": "code"})["flow"]) == (
        "cpd",
        "pwcnet",
    )
