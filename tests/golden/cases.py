"""What the golden net runs: one made video, and every booster on it, through the public interface alone.

Only ``vsodboost.boost``, ``vsodboost.TargetCard`` and the command line are used, so that the net holds whatever becomes
of the inside. Networks work at a fixed number of pixels, so it is the frames and the steps that are few.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from golden.stored import Stored, of_folder, of_result
from moving_pattern import pattern
from torch import Tensor, nn

import vsodboost

SIDE = 96
MOVING, STILL = 3, 2
"""Frames before the cut, in which two things and the camera move, and after it, in which nothing does."""


def video() -> tuple[np.ndarray, np.ndarray]:
    """Frames ``uint8[5, 96, 96, 3]`` and the masks ``uint8[5, 96, 96]`` (0, 255) of what is salient in them."""
    ground = 20 + pattern(SIDE, SIDE + MOVING, seed=1) // 3
    frames = np.zeros((MOVING + STILL, SIDE, SIDE, 3), np.uint8)
    masks = np.zeros(frames.shape[:3], np.uint8)
    for t in range(MOVING):
        frames[t] = ground[:, t : t + SIDE]
        _draw(frames[t], masks[t], centre=(52, 30 + 5 * t), radii=(22, 17), colour=(210, 130, 110))
        _draw(frames[t], masks[t], centre=(20 + 3 * t, 78 - 4 * t), radii=(9, 10), colour=(190, 180, 110))
    frames[MOVING:] = 60 + pattern(SIDE, SIDE, seed=4)[..., ::-1] // 4
    for t in range(MOVING, MOVING + STILL):
        _draw(frames[t], masks[t], centre=(50, 50), radii=(26, 20), colour=(150, 200, 190))
    return frames, masks


def _draw(
    frame: np.ndarray,
    mask: np.ndarray,
    *,
    centre: tuple[int, int],
    radii: tuple[int, int],
    colour: tuple[int, int, int],
) -> None:
    """Put a textured ellipse, ``centre`` and ``radii`` in px as (y, x), into a frame and its mask."""
    ys, xs = np.mgrid[:SIDE, :SIDE]
    inside = ((ys - centre[0]) / radii[0]) ** 2 + ((xs - centre[1]) / radii[1]) ** 2 <= 1
    texture = np.roll(pattern(SIDE, SIDE, seed=radii[0]), centre, axis=(0, 1)) / 255  # it moves with the thing
    frame[inside] = (np.array(colour) * (0.5 + 0.5 * texture[inside])).astype(np.uint8)
    mask[inside] = 255


def bright(frames: np.ndarray) -> np.ndarray:
    """A target that takes what is bright for salient: right about the things, with haze on the ground."""
    return np.clip((frames.mean(axis=-1) - 60) / 90, 0, 1).astype(np.float32)


def dark(frames: np.ndarray) -> np.ndarray:
    """A target that is wrong everywhere."""
    return 1 - bright(frames)


class SmallNetwork(nn.Module):
    """A torch image model that can be tuned: what is bright in a neighbourhood of 5 px is salient."""

    def __init__(self) -> None:
        super().__init__()
        self.blur, self.rise = nn.Conv2d(3, 2, 5, padding=2), nn.Conv2d(2, 1, 1)
        with torch.no_grad():
            self.blur.weight.copy_(torch.linspace(0.5, 1.5, 150).reshape(2, 3, 5, 5) / 75)
            self.blur.bias.zero_()
            self.rise.weight.fill_(3.0)
            self.rise.bias.zero_()

    def forward(self, images: Tensor) -> Tensor:
        """``[N, 3, h, w]`` -> logits ``[N, 1, h, w]``."""
        logits: Tensor = self.rise(torch.tanh(self.blur(images)))
        return logits


NETWORK_CARD = vsodboost.TargetCard(
    summary="small", input_size=(SIDE, SIDE), mean=(0.4, 0.4, 0.4), std=(0.2, 0.2, 0.2), learning_rate=0.01
)
FLOW = {"flow": "farneback"}
"""In all cases but the first. OpenCV's DIS flow depends on the CPU (on what IPP and OpenCV choose for it) by up to
.002 px, Farneback's by up to .00005 px."""
DIS_TOLERANCE = 5e-4
"""With OpenCV's AVX code and IPP switched off, the maps of the first case were up to 2e-5 from the stored ones."""
PAPER = {"profile": "paper", **FLOW, "spatial_model": "lite"}
"""The papers' profiles, with what needs nobody's files instead of the networks that do."""
THRESHOLD = {"threshold": ".9"}
"""Every frame of the made video that moves is a keyframe."""


@dataclass(frozen=True)
class Case:
    """One boost of ``video`` by ``options``; a class is a ``target`` to be built. ``labels`` are frames whose masks are
    given."""

    target: Any
    card: vsodboost.TargetCard | None
    labels: tuple[int, ...]
    options: dict[str, Any]
    tolerance: float | None = None
    """Of all numbers in the result (None: each array's own)."""

    def run(self, folder: Path) -> Stored:
        """The result; ``folder`` is an empty one to work in."""
        frames, masks = video()
        options = {"device": "cpu", **self.options}
        if self.labels:
            for t in self.labels:
                assert cv2.imwrite(str(folder / f"{t:05d}.png"), masks[t])
            options["booster_options"] = {**options.get("booster_options", {}), "labels": str(folder)}
        target = self.target() if isinstance(self.target, type) else self.target
        return of_result(vsodboost.boost(frames, target, card=self.card, **options))


def _case(target: Any, card: Any = None, *, labels: tuple[int, ...] = (), **options: Any) -> Case:
    return Case(target, card, labels, options)


CASES = {
    "mqp": Case("lite", None, (), {"steps": 1}, tolerance=DIS_TOLERANCE),
    "mqp-camera": _case(
        bright, **FLOW, motion="camera", steps=1, buffer=2, seed=1,
        booster_options={"window": "1", "pseudo-truth": "target"},
    ),
    "longterm": _case(bright, **FLOW, booster="longterm", steps=1, buffer=3),
    "keyframe": _case(bright, **FLOW, booster="keyframe", steps=1, booster_options=THRESHOLD),
    "keyframe-twin": _case(SmallNetwork, NETWORK_CARD, **FLOW, booster="keyframe", booster_options=THRESHOLD),
    "keyframe-wrong": _case(dark, **FLOW, booster="keyframe"),
    "labels": _case(bright, **FLOW, booster="labels", steps=1, labels=(0, 2)),
    "mqp-paper": _case(bright, **PAPER, motion="mqpm", steps=1, booster_options={"rate": "1e-5"}),
    "longterm-paper": _case(
        bright, **PAPER, booster="longterm", motion="mqpm", detector="blobs", steps=1, booster_options={"clusters": "4"}
    ),
    "keyframe-paper": _case(
        SmallNetwork, NETWORK_CARD, **PAPER, booster="keyframe", motion="camera",
        booster_options={**THRESHOLD, "rate": ".003"},
    ),
    "labels-paper": _case(
        bright, **PAPER, booster="labels", steps=1, labels=(0, 2), booster_options={"network": "fgplg"}
    ),
}  # fmt: skip
"""``steps`` of tuning are few because each multiplies what rounding differs by from one CPU to another."""


def white(frames: np.ndarray) -> np.ndarray:
    """What is bright, in degrees, on black: maps that are not the frames themselves in grey."""
    maps = bright(frames)
    return np.rint(np.where(maps > 0.5, maps, 0) * 255).astype(np.uint8)


def run_command(folder: Path) -> Stored:
    """``vsodboost wrap --scope dataset`` on two frame folders and a folder of maps for each."""
    frames, _ = video()
    for name, part in (("first", frames[:MOVING]), ("second", frames[1:MOVING, :, ::-1])):
        for kind, images in (("videos", part[..., ::-1]), ("maps", white(part))):
            (folder / kind / name).mkdir(parents=True)
            for t, image in enumerate(images):
                assert cv2.imwrite(str(folder / kind / name / f"{t:05d}.png"), image)
    command = [sys.executable, "-m", "vsodboost", "wrap", "videos", "-t", "maps:maps", "-o", "out"]
    command += ["--scope", "dataset", "--flow", "farneback", "--steps", "1", "--device", "cpu", "--quiet"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return of_folder(folder / "out")
