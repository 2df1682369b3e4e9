"""The scripts behind single tables of the papers, on made data: which frames taught, motion models, proportions of
labels."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from benchmark_scripts import script

from vsodboost.data.errors import InputError, UsageError
from vsodboost.training.pseudo_labels import Density


def davis(root: Path, names: tuple[str, ...] = ("a",), count: int = 6) -> Path:
    """Sequences of a bright square that moves 6 px a frame over noise."""
    rng = np.random.default_rng(0)
    for name in names:
        ground = rng.integers(0, 90, (48, 80, 3)).astype(np.uint8)
        for t in range(count):
            truth = np.zeros((48, 80), np.uint8)
            truth[12:36, 6 + 6 * t : 30 + 6 * t] = 255
            frame = np.where(truth[..., None] > 0, np.uint8(220), ground)
            for folder, image in (("JPEGImages", frame), ("Annotations", truth)):
                path = root / folder / name
                path.mkdir(parents=True, exist_ok=True)
                assert cv2.imwrite(str(path / f"{t:05d}.png"), image)
    return root


def test_frames_that_taught_are_scored_beside_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mined = script("mined_frames")
    root, out = davis(tmp_path / "davis"), tmp_path / "out"
    (out / "a").mkdir(parents=True)
    rows = ["frame,mined,quality"]
    for t in range(6):
        truth = cv2.imread(str(root / "Annotations" / "a" / f"{t:05d}.png"), cv2.IMREAD_GRAYSCALE)
        good = t in (1, 4)
        assert cv2.imwrite(str(out / "a" / f"{t:05d}.png"), truth if good else np.roll(truth, 12 + t, axis=1))
        rows.append(f"{t:05d},{int(good)},{0.9 if good else 0.2}")
    (out / "a" / "frames.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    mined.main([str(root), str(out), "--json", str(tmp_path / "m.json")])
    found = json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))
    assert found["training"]["maxF"] == pytest.approx(1)
    assert found["training"]["S"] > found["overall"]["S"] + 0.1
    assert found["taught"][:2] == [1, 1] and not any(found["taught"][2:6])
    assert found["high, 2"]["S"] == found["training"]["S"] > found["low, 4"]["S"] + 0.1
    assert "2 of 6 frames taught" in capsys.readouterr().out
    (out / "a" / "frames.csv").unlink()
    with pytest.raises(InputError, match=r"frames.csv: not the frames.csv of a boost"):
        mined.main([str(root), str(out)])


def test_tenths_by_hand() -> None:
    mined = script("mined_frames")
    quality = np.array([0.1, 0.9, 0.5, 0.7])
    assert mined.spread(quality, np.array([False, True, False, True]), 2).tolist() == [1, 0]
    assert mined.spread(quality, np.array([True, True, False, False]), 4).tolist() == [1, 0, 0, 1]


def test_motion_models_are_scored_on_the_pictures_of_a_flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = script("motion_models")
    monkeypatch.setattr(models, "working_size", lambda size: size)
    root = davis(tmp_path / "davis")
    words = [str(root), "--models", "lite", "--side", "64", "--motion", "camera", "--step", "2", "--out"]
    models.main([*words, str(tmp_path / "maps"), "--json", str(tmp_path / "t.json")])
    table = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    assert set(table) == {"contrast (Eq. 4), flow dis", "lite, as it is, flow dis", "camera, flow dis"}
    assert table["camera, flow dis"]["J"] > table["lite, as it is, flow dis"]["J"]  # which knows nothing of flow
    assert len(list((tmp_path / "maps" / "camera dis" / "a").glob("*.png"))) == 3


def test_columns_of_table_2_are_read_and_wrong_ones_refused() -> None:
    proportions = script("label_proportions")
    assert proportions.column("1/5") == Density(5, 1)
    assert proportions.column("0/20") == Density(20, 0)
    for wrong in ("5", "1/0", "a/5", "1/"):
        with pytest.raises(UsageError, match="as 1/5"):
            proportions.column(wrong)


def test_a_column_learns_from_its_labels_and_is_scored_on_what_was_held_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proportions = script("label_proportions")
    root = davis(tmp_path / "davis", ("a", "b"), 6)
    asked: list[tuple[str, list[list[int]]]] = []

    class Right(torch.nn.Module):
        """Bright is salient."""

        def forward(self, frames: list[torch.Tensor]) -> list[torch.Tensor]:
            return [4 * frame[:, :1] - 4 for frame in frames]

    def clip_stage(options, videos, start, rows, say):  # type: ignore[no-untyped-def]
        asked.append((rows[0].label, [video.labelled for video in videos]))
        return [(proportions.Row(rows[0].label, 1, 0.0, 0.0), Right())]

    monkeypatch.setattr(proportions.rcrnet_rows, "image_stage", lambda options, videos, say: {})
    monkeypatch.setattr(proportions.rcrnet_rows, "clip_stage", clip_stage)
    options = proportions.parse(
        [str(root), "--columns", "0/3", "1/3", "--without", "b", "--size", "32", "--out", str(tmp_path / "runs")]
    )
    said: list[str] = []
    rows = proportions.run(options, said.append)
    assert asked == [("0/3 Re", [[0, 3]]), ("1/3 Re", [[0, 1, 3]])]
    assert any("1/3: 2 labels (33%), 1 pseudo-labels (17%)" in line for line in said)
    assert all(row.scores["held out"].mean["S"] > 0.8 for row in rows)
