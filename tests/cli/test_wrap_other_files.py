"""``vsodboost wrap --resume`` where the video, its maps or its labels are others than those of the results."""

# ruff: noqa: F811 (fixtures are imported by name)
from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from small_wraps import Wrap, frame_folder, map_folder, moving_disc, work_small, wrap, written  # noqa: F401

pytestmark = pytest.mark.usefixtures("work_small")


def test_results_of_another_video_maps_or_frames_are_not_kept(tmp_path: Path, wrap: Wrap) -> None:
    frame_folder(tmp_path / "a" / "disc", moving_disc(4))
    frame_folder(tmp_path / "b" / "disc", moving_disc(4)[::-1])
    frame_folder(tmp_path / "a" / "fine", moving_disc(4))
    map_folder(tmp_path / "maps" / "disc", 4)
    map_folder(tmp_path / "maps" / "fine", 4)
    given = ("--target", "maps:maps")
    assert wrap("a", *given, "-o", "out").code == 0
    before = written(tmp_path / "out")
    left = wrap("b/disc", *given, "-o", "out", "--resume", "--write", "cutout")
    assert left.code == 2
    assert "out/disc was made of other files than those at b/disc now; --overwrite makes it anew" in left.line
    assert written(tmp_path / "out") == before
    left = wrap("b/disc", *given, "-o", "out", "--resume", "--dry-run")
    assert left.code == 2 and "was made of other files" in left.out

    left = wrap("a", *given, "-o", "out", "--resume", "--json")
    assert json.loads(left.out)["skipped"] == ["disc", "fine"]
    shutil.copy(tmp_path / "maps" / "disc" / "00003.png", tmp_path / "maps" / "disc" / "00000.png")
    left = wrap("a", *given, "-o", "out", "--resume")
    assert left.code == 2  # fine is kept, and nothing else is to be done
    assert "than those at maps/disc now" in left.line

    marker = tmp_path / "out" / "disc" / ".done.json"
    former = {name: value for name, value in json.loads(marker.read_text()).items() if name != "made_of"}
    marker.write_text(json.dumps(former))
    assert wrap("a", *given, "-o", "out", "--resume").code == 0
