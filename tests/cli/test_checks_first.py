"""``wrap`` and ``wrap --dry-run`` put every video to the target before any work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_networks import see_small
from tiny_videos import noise_frames

from vsodboost.cli import main
from vsodboost.data.video import VideoSource
from vsodboost.io.atomic import write_png
from vsodboost.pipeline.engine import BoostedBuffer, Engine

QUICK = ("--motion", "camera", "--steps", "1", "--device", "cpu", "--quiet")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Videos ``a``, ``b`` and ``c`` of four frames; ``b`` has a map of the first one only, ``c`` one more."""
    see_small(monkeypatch)
    monkeypatch.chdir(tmp_path)
    for video, count in (("a", 4), ("b", 1), ("c", 5)):
        for index, frame in enumerate(noise_frames(4)):
            write_png(Path("videos") / video / f"{index}.png", frame)
        for index in range(count):
            write_png(Path("maps") / video / f"{index}.png", np.tri(48, 64, dtype=np.uint8) * 255)


def wrap(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, list[str]]:
    with pytest.raises(SystemExit) as left:
        main(["wrap", "videos", "-t", "maps:maps", *QUICK, *arguments])
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err.splitlines()


MISSING = (
    "no map for frame 1 of 'b': 1 of 4 frames have one; "
    "add the others, or leave them to the student with --missing fill"
)
SPARE = "1 of 5 maps belong to no frame, the first is 4.png"


def test_a_dry_run_names_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = wrap(capsys, "--dry-run")
    lines = out.splitlines()
    assert code == 1 and err == [] and lines[0] == "a: 4 frames, 64x48, 24 fps"
    assert lines[1] == f"b: {MISSING}" and lines[3] == f"c: {SPARE}" and not Path("boosted").exists()
    code, out, _ = wrap(capsys, "--dry-run", "--json")
    videos = json.loads(out)["videos"]
    assert code == 1 and videos[0]["warnings"] == [] and videos[1]["error"] == MISSING
    assert videos[2]["warnings"] == [SPARE]


def test_a_run_says_so_before_work_and_does_the_others(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    boost = Engine.boost

    def watched(self: Engine, source: VideoSource, **more: Any) -> Iterator[BoostedBuffer]:
        looked.append(source.name)
        return boost(self, source, **more)

    monkeypatch.setattr("vsodboost.pipeline.run.Engine.boost", watched)
    code, out, err = wrap(capsys, "-o", "out", "--json")
    assert code == 1 and err == [f"vsodboost: c: {SPARE}", f"vsodboost: b: {MISSING}"]
    report = json.loads(out)
    assert [video["video"] for video in report["done"]] == looked == ["a", "c"] and list(report["failed"]) == ["b"]
    assert json.loads(Path("out/c/run.json").read_text(encoding="utf-8"))["warnings"] == [SPARE]
    assert not Path("out/b").exists()


def test_missing_maps_are_filled_or_not_as_the_user_says(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = wrap(capsys, "--dry-run", "--missing", "fill")
    assert code == 0 and "b: no map for 3 of 4 frames (the first is 1); there the student alone speaks" in out
    (Path("maps") / "a" / "3.png").unlink()
    assert wrap(capsys, "--dry-run")[1].startswith("a: 4 frames")
    assert wrap(capsys, "--dry-run", "--missing", "fail")[1].startswith("a: no map for frame 3 of 'a'")
    code, _, err = wrap(capsys, "--missing", "fill", "--target-option", "missing=fail")
    assert code == 2 and err == ["vsodboost: --missing fill and --target-option missing=fail: give one of them"]
    code, _, err = wrap(capsys, "--missing", "fill", "-t", "lite")
    assert code == 2 and err == ["vsodboost: --missing fill: target 'lite' gives a map for every frame; leave it out"]
