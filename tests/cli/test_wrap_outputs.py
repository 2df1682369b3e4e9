"""``vsodboost wrap`` for someone with a video: a part of it, cut out, with hard masks."""

from __future__ import annotations

import json
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from small_networks import see_small
from tiny_videos import write_sounding

from vsodboost.cli import main
from vsodboost.io.atomic import write_png


@pytest.fixture(autouse=True)
def work_small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    see_small(monkeypatch)
    monkeypatch.chdir(tmp_path)


def left(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Exit code and standard error of the command."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as gone:
        main(["wrap", *words])
    return int(gone.value.code or 0), capsys.readouterr().err


def test_a_part_is_cut_out_with_its_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_sounding(tmp_path / "clip.mp4", [("aac", 0.0, 1.0)], size=(96, 144))
    for t in range(10):
        write_png(tmp_path / "maps" / "clip" / f"0000{t}.png", np.full((96, 144), 255 * (t > 0), np.uint8))
    words = [
        "clip.mp4",
        "--target",
        "maps:maps",
        "--steps",
        "2",
        "--quiet",
        "--from",
        "0:00.2",
        "--to",
        "0.7",
        "--size",
        "72",
    ]
    code, said = left(capsys, *words, "--write", "alpha,overlay", "--background", "white", "--largest", "1")
    assert code == 0 and "Traceback" not in said
    folder = tmp_path / "boosted" / "clip"
    wanted = [f"0000{t}.png" for t in range(2, 7)]
    for place in (folder, folder / "cutout", folder / "masks"):
        assert sorted(path.name for path in place.glob("*.png")) == wanted
    soft, hard = (cv2.imread(str(place / "00003.png"), cv2.IMREAD_UNCHANGED) for place in (folder, folder / "masks"))
    assert soft.shape == hard.shape == (48, 72) and set(np.unique(hard)) <= {0, 255}
    for name in ("alpha.mov", "overlay.mp4", "cutout.mp4"):
        with av.open(str(folder / name)) as container:
            assert len(container.streams.audio) == 1
            assert sum(1 for _ in container.decode(video=0)) == 5
    settings = json.loads((folder / "run.json").read_text())["settings"]
    assert (settings["start"], settings["stop"], settings["size"]) == (0.2, 0.7, "72")
    # The run again, for one more output: it is made from the maps, and of the run's own options what it knows.
    code, said = left(capsys, "--like", "boosted/clip", "--resume", "--write", "rle", "--quiet")
    assert code == 0, said
    summary = json.loads((folder / "run.json").read_text())
    assert summary["added"] == [{"writers": ["rle"], "options": {"largest": "1"}, "files": {"rle": ["coco.json"]}}]
    assert json.loads((folder / "coco.json").read_text())["annotations"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "soon"], "'soon' is no time; give seconds (75.5) or 1:15.5"),
        (["--from", "3", "--to", "2"], "--to 2 s does not come after --from 3 s"),
        (["--size", "big"], "'big' is no size; give 640, 640x360 or 480p"),
        (["--write-option", "sharp=on"], "knows the option 'sharp'"),
    ],
)
def test_what_cannot_be(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    write_sounding(tmp_path / "clip.mp4", [])
    code, line = left(capsys, "clip.mp4", *words)
    assert code == 2 and said in line and not (tmp_path / "boosted").exists()


def test_help_has_groups_and_keeps_experts_apart(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["wrap", "--help"])
    short = capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["wrap", "--help-all"])
    whole = capsys.readouterr().out
    places = [short.index(f"\n{group}:") for group in ("What goes in", "What comes out", "How", "More")]
    assert places == sorted(places) and short.count("vsodboost wrap ") >= 4
    assert "--from" in short and "--fusion-network" not in short and "--fusion-network" in whole
