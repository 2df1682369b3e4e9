"""``vsodboost labels generate`` on a tiny data set: which labels are kept, which pseudo-labels are made and where they
lie, and that a trainer takes what comes out."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from small_plans import ConstantFlow, numbered
from torch import Tensor, nn

from vsodboost.boosters.labels.pseudo_labels import Generator
from vsodboost.cli.labels import labels
from vsodboost.data.cards import SpatialModelCard
from vsodboost.data.errors import UsageError
from vsodboost.training.files import list_files
from vsodboost.training.pseudo_labels import Density, PseudoLabeller, write_labels

H, W, STEP = 64, 96, 4
SQUARE = (20, 44)


def masks_of(count: int) -> np.ndarray:
    masks = np.zeros((count, H, W), np.uint8)
    for t in range(count):
        masks[t, SQUARE[0] : SQUARE[1], 16 + STEP * t : 40 + STEP * t] = 255
    return masks


@pytest.fixture
def davis(tmp_path: Path) -> Path:
    """One video of nine frames that are all labelled, and one of a single frame."""
    root = tmp_path / "davis"
    for name, count in (("moves", 9), ("single", 1)):
        masks = masks_of(count)
        frames = numbered(np.repeat((60 + masks // 2)[..., None], 3, axis=-1))
        for t in range(count):
            for folder, image in (("JPEGImages", frames[t, ..., ::-1]), ("Annotations", masks[t])):
                path = root / folder / "480p" / name
                path.mkdir(parents=True, exist_ok=True)
                assert cv2.imwrite(str(path / f"{t:05d}.png"), image)
    return root


class Mean(nn.Module):
    """The mean of the two propagated labels."""

    def forward(self, inputs: Tensor) -> Tensor:
        return torch.logit(inputs[:, 3:5].mean(dim=1, keepdim=True).clamp(1e-4, 1 - 1e-4))


def labeller() -> PseudoLabeller:
    return PseudoLabeller(Generator(Mean(), SpatialModelCard(summary="", channels=7), "cpu"), Flow(), "flow")


class Flow(ConstantFlow):
    """Frames are enlarged to the working size, and so is what they move by."""

    def __init__(self) -> None:
        super().__init__(STEP)

    def estimate(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return np.asarray(super().estimate(first, second) * first.shape[2] / W, np.float32)


@pytest.mark.parametrize(
    ("density", "kept", "made"),
    [
        (Density(4, 1), [0, 4, 8], [2, 6]),
        (Density(4, 3), [0, 4, 8], [1, 2, 3, 5, 6, 7]),
        (Density(4, 0), [0, 4, 8], []),
        (Density(1, 5), list(range(9)), []),
        (Density(5, None), [0, 5], [1, 2, 3, 4, 6, 7, 8]),
    ],
)
def test_every_lth_label_and_m_pseudo_labels_between_two(
    davis: Path, tmp_path: Path, density: Density, kept: list[int], made: list[int]
) -> None:
    moves = next(video for video in list_files([davis]).videos if video.name == "moves")
    found = list(labeller().labels(moves, density))
    assert [label.index for label in found if not label.is_pseudo] == kept
    assert [label.index for label in found if label.is_pseudo] == made
    truth = masks_of(9)
    for label in found:
        apart = np.abs(label.mask.astype(int) - truth[label.index]) > 127
        assert label.mask.shape == (H, W)
        assert apart.mean() < (0.02 if label.is_pseudo else 1e-9)


def test_what_comes_out_is_a_data_set_of_all_frames_and_some_labels(davis: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for video in list_files([davis]).videos:
        write_labels(video, labeller().labels(video, Density(4, 1)), out)
    videos = {video.name: video for video in list_files([out]).videos}
    assert videos["moves"].labelled == [0, 2, 4, 6, 8]
    assert len(videos["moves"].frames) == 9
    assert videos["single"].labelled == [0]
    first = videos["moves"].frames[0]
    assert first.read_bytes() == (davis / "JPEGImages" / "480p" / "moves" / first.name).read_bytes()


def run(*words: str) -> Result:
    return CliRunner().invoke(labels, ["generate", *words])


def test_the_command_says_what_it_made_and_refuses_to_write_over_it(davis: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(
        str(davis), "--every", "4", "--between", "1", "-o", str(out), "--flow", "farneback", "--without", "single"
    )
    assert done.exit_code == 0, done.output
    assert "1 sequences, 9 frames, 3 labels (33%), 2 pseudo-labels (22%)" in done.output
    report = json.loads((out / "labels.json").read_text(encoding="utf-8"))
    assert report["sequences"] == [{"video": "moves", "frames": 9, "labels": 3, "pseudo_labels": 2}]
    again = run(str(davis), "-o", str(out))
    assert isinstance(again.exception, UsageError)
    assert "holds a data set already" in str(again.exception)
    for words, complaint in (
        ((str(davis), "-o", str(tmp_path / "x"), "--between", "some"), "a number of frames, or all"),
        ((str(davis), "-o", str(tmp_path / "x"), "--network", "lite"), "reads 3 channels, not 7"),
        ((str(davis), "-o", str(tmp_path / "x"), "--without", "single,moves"), "no labelled sequence"),
    ):
        refused = run(*words)
        assert complaint in str(refused.exception)
        assert not (tmp_path / "x" / "labels.json").exists()
