"""Training a target beside itself without its module: what the reduced networks leave out, and a whole tiny run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from benchmark_scripts import script
from formula_networks import images, settled
from torch import nn
from torch.nn import functional as F

from vsodboost.data.types import FlowField, Frames

dsnet, rcrnet, target_rows, targets = (script(n) for n in ("dsnet_rows", "rcrnet_rows", "target_rows", "train_targets"))


class Constant:
    """A flow estimator that answers (2, 1) px everywhere."""

    def estimate(self, first: Frames, second: Frames) -> FlowField:
        return np.broadcast_to(np.float32([2, 1]), (*first.shape[:3], 2)).copy()


def test_m1_sums_both_branches_and_gives_one_map() -> None:
    network = settled(dsnet.Summed())
    frame, flow = images(1, 1, 3, 32, 32), images(2, 1, 3, 32, 32)
    with torch.inference_mode():
        (seen,) = network(frame, flow)
        spatial, motion = network.ImageBone(frame)[0][1:], network.FlowBone(flow)[0][1:]
        decoded = network.aggregate([s + t for s, t in zip(spatial, motion, strict=True)])
        expected = F.interpolate(network.last_conv(decoded), size=(32, 32), mode="bilinear", align_corners=True)
    torch.testing.assert_close(seen, expected)


def test_ra_is_the_image_network_on_each_frame() -> None:
    network = settled(rcrnet.FrameByFrame())
    frames = [images(seed, 1, 3, 32, 32) for seed in range(3)]
    with torch.inference_mode():
        maps = network(frames)
        assert len(maps) == 3
        torch.testing.assert_close(maps[2], network.backbone(frames[2]), atol=1e-4, rtol=1e-4)


def test_mirrored_frames_move_the_other_way() -> None:
    truth = np.zeros((1, 40, 40), np.uint8)
    truth[:, :, :20] = 255
    flow = np.zeros((1, 40, 40, 2), np.float16)
    flow[:, :, :20, 0] = 3  # the object is on the left and moves to the right
    data = dsnet.Moving(np.repeat(truth[..., None], 3, axis=3), flow, truth)
    seen = set()
    for seed in range(12):
        batch = dsnet.moving_batch(data, [0], 32, np.random.default_rng(seed))
        left = bool(batch["truth"][0, 0, 16, 0] > 0.5)
        colour = batch["flow"][0, :, 16, 0 if left else -1]
        assert batch["frames"].shape == (1, 3, 32, 32) and batch["flow"].shape == (1, 3, 32, 32)
        seen.add((left, tuple(round(float(c), 2) for c in colour)))
    assert len(seen) == 2  # two sides, and each with a colour of its own
    assert len({colour for _, colour in seen}) == 2


def test_a_frames_flow_goes_to_the_next_and_the_lasts_is_reversed() -> None:
    flow = target_rows.forward_flow(Constant(), np.zeros((3, 480, 864, 3), np.uint8))
    assert flow.shape == (3, 240, 432, 2)
    assert flow[1, 0, 0].tolist() == [2, 1] and flow[2, 0, 0].tolist() == [-2, -1]


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Two videos of five frames in which a bright square moves."""
    root = tmp_path / "davis"
    for name in ("a", "b"):
        for t in range(5):
            truth = np.zeros((48, 64), np.uint8)
            truth[12:36, 3 + 6 * t : 27 + 6 * t] = 255
            frame = np.where(truth[..., None] > 0, 220, 40).astype(np.uint8).repeat(3, axis=2)
            for folder, image in (("JPEGImages", frame), ("Annotations", truth)):
                path = root / folder / "480p" / name
                path.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(path / f"{t:05d}.png"), image)
    return root


class Small(nn.Module):
    """Stands in for both members of a pair; what the trainers name is there."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Conv2d(3, 1, 3, padding=1)

    def forward(self, frame: torch.Tensor, flow: torch.Tensor | None = None) -> object:
        if isinstance(frame, list):
            return [self.backbone(f) for f in frame]
        return self.backbone(frame) if flow is None else (self.backbone(frame + flow),)


@pytest.mark.parametrize("network", ["dsnet", "rcrnet"])
def test_a_whole_run(network: str, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [replace(v, build=Small) for v in targets.TABLES[network].VARIANTS if v.label[0] in "MR"]
    monkeypatch.setattr(targets.TABLES[network], "VARIANTS", tuple(rows))
    monkeypatch.setattr(rcrnet, "ImageNetwork", Small)
    out, figures = tmp_path / "runs", tmp_path / "figures.json"
    words = [network, str(videos), "--test", str(videos), "--without", "b", "--size", "32", "--batch", "2"]
    words += ["--variants", *(variant.label for variant in rows), "--steps", "3", "--image-steps", "2", "--step", "2"]
    words += ["--out", str(out), "--json", str(figures)]
    targets.main(words)
    table = json.loads(figures.read_text())["rows"]
    assert list(table) == [variant.label for variant in rows]
    for variant in rows:
        row = table[variant.label]
        assert list(row["held out"]["sequences"]) == ["b"] and list(row["test"]["sequences"]) == ["a", "b"]
        assert row["parameters"] == 28 and 0 < row["test"]["mean"]["MAE"] < 1
        assert len(list((out / variant.name).glob("*/*.png"))) == 10
        assert (out / f"{variant.name}.safetensors").is_file()
    assert not list(out.glob("**/checkpoint.pt"))
    monkeypatch.setattr(target_rows, "fit", None)  # what is kept is not trained again
    targets.main([*words, "--reuse"])
    assert json.loads(figures.read_text())["rows"] == table
