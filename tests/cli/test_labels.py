"""``vsodboost labels suggest`` and ``vsodboost wrap --labels``, as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from moving_square import square_video, write_labels
from small_networks import see_small

from vsodboost.cli import cli


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A folder of 12 frames."""
    folder = tmp_path / "clip"
    folder.mkdir()
    for t, frame in enumerate(square_video(12)[0]):
        assert cv2.imwrite(str(folder / f"{t:05d}.png"), frame[..., ::-1])
    return folder


def results_of(root: Path, trust: list[float]) -> Path:
    """What an earlier wrap left of the trust."""
    (root / "clip").mkdir(parents=True)
    rows = [f"{t:05d},{value}" for t, value in enumerate(trust)]
    (root / "clip" / "frames.csv").write_text("\n".join(["frame,trust", *rows]) + "\n", encoding="utf-8")
    return root


def run(*arguments: object) -> Result:
    """The command, its errors raised."""
    return CliRunner().invoke(cli, [str(a) for a in arguments], catch_exceptions=False)


def test_suggestions_from_an_earlier_run(clip: Path, tmp_path: Path) -> None:
    results = results_of(tmp_path / "out", [0.9] * 8 + [0.2] * 4)
    found = json.loads(run("labels", "suggest", clip, "-n", 2, "--results", results, "--json").output)
    assert len(found) == 2
    assert found[0]["index"] >= 7
    assert found[0]["frame"] == f"{found[0]['index']:05d}"
    said = run("labels", "suggest", clip, "-n", 1, "--results", results).output
    assert said.startswith(found[0]["frame"])
    assert "trust" in said


def test_labelled_frames_are_left_out_and_frames_are_copied(clip: Path, tmp_path: Path) -> None:
    results = results_of(tmp_path / "out", [0.5] * 12)
    _, masks = square_video(12)
    labels = write_labels(tmp_path / "labels" / "clip", masks, range(0, 12, 2)).parent
    copies = tmp_path / "draw"
    options = ("--results", results, "--labels", labels, "--copy-to", copies, "--json")
    found = json.loads(run("labels", "suggest", clip, "-n", 3, *options).output)
    assert all(row["index"] % 2 for row in found)
    assert sorted(p.stem for p in copies.iterdir()) == sorted(row["frame"] for row in found)
    name = found[0]["frame"]
    assert (cv2.imread(str(copies / f"{name}.png")) == cv2.imread(str(clip / f"{name}.png"))).all()


def test_what_is_painted_on_a_copy_stays(clip: Path, tmp_path: Path) -> None:
    copies = tmp_path / "draw"
    given = ("labels", "suggest", clip, "-n", 2, "--results", results_of(tmp_path / "out", [0.5] * 12), "--copy-to")
    assert run(*given, copies).stderr == ""
    first, second = sorted(copies.iterdir())
    assert cv2.imwrite(str(first), np.full((64, 96, 3), 255, np.uint8))
    second.rename(second.with_suffix(".jpg"))
    painted = {path.name: path.read_bytes() for path in copies.iterdir()}
    said = run(*given, copies).stderr
    assert f"vsodboost: {first} is there already and stays; move it for a fresh copy\n" in said
    assert {path.name: path.read_bytes() for path in copies.iterdir()} == painted


def test_copies_never_land_among_the_frames_themselves(clip: Path, tmp_path: Path) -> None:
    from vsodboost.data.errors import UsageError

    before = sorted(clip.iterdir())
    (tmp_path / "link").symlink_to(clip)
    for folder in (clip, tmp_path / "link"):
        with pytest.raises(UsageError, match="holds the frames of the video itself; choose another folder"):
            run("labels", "suggest", clip, "--results", tmp_path, "--copy-to", folder)
    assert sorted(clip.iterdir()) == before


def test_results_of_another_video_are_refused(clip: Path, tmp_path: Path) -> None:
    from vsodboost.data.errors import UsageError

    with pytest.raises(UsageError, match="00005"):
        run("labels", "suggest", clip, "--results", results_of(tmp_path / "out", [0.5] * 5))
    with pytest.raises(UsageError, match=r"frames\.csv"):
        run("labels", "suggest", clip, "--results", tmp_path / "none")


def test_the_loop_closes(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Suggest, label, wrap: the labels come back as they were given, and reach the other frames."""
    see_small(monkeypatch)
    _, masks = square_video(12)
    found = json.loads(run("labels", "suggest", clip, "-n", 2, "--json", "--device", "cpu").output)
    chosen = [row["index"] for row in found]
    labels = write_labels(tmp_path / "labels", masks, chosen)
    assert cv2.imwrite(str(labels / "99999.png"), masks[0])
    done = run("wrap", clip, "--labels", labels, "-o", tmp_path / "out", "--steps", 2, "--device", "cpu", "--quiet")
    assert done.exit_code == 0
    assert "no frame belongs to 99999.png, so these labels were not used" in done.stderr
    maps = [cv2.imread(str(p), cv2.IMREAD_GRAYSCALE) for p in sorted((tmp_path / "out" / "clip").glob("*.png"))]
    assert len(maps) == 12
    for t in chosen:
        assert (maps[t] == masks[t]).all()
    others = [t for t in range(12) if t not in chosen]
    overlaps = [((maps[t] > 127) & (masks[t] > 0)).sum() / ((maps[t] > 127) | (masks[t] > 0)).sum() for t in others]
    assert np.mean(overlaps) > 0.65
    settings = json.loads((tmp_path / "out" / "clip" / "run.json").read_text())["settings"]
    assert settings["booster"] == "labels"
