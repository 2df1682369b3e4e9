"""``vsodboost wrap`` with maps for some of the frames."""

# ruff: noqa: F811 (fixtures are imported by name)
from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_wraps import Wrap, frame_folder, map_folder, rows, work_small, wrap  # noqa: F401

from vsodboost.cli import main


@pytest.mark.usefixtures("work_small")
def test_the_trust_of_the_target_is_that_of_the_maps_that_it_has(wrap: Wrap) -> None:
    frame_folder(Path("clip"))
    maps = map_folder(Path("maps/clip"))
    for t in (1, 2, 4, 5):
        (maps / f"0000{t}.png").unlink()
    words = ("-t", "maps:maps", "--write", "report,sheet", "--missing", "fill")
    assert wrap("clip", "-o", "out", *words).code == 0
    cells = [row["target_trust"] for row in rows(Path("out/clip/frames.csv"))]
    assert [cell == "" for cell in cells] == [False, True, True, False, True, True]
    own = [float(cell) for cell in cells if cell]
    run = json.loads(Path("out/clip/run.json").read_text())
    assert run["target_trust"] == pytest.approx(sum(own) / 2, abs=1e-4) and run["target_trust"] > 0.5
    data = json.loads(Path("out/clip/report.json").read_text())
    assert [value is None for value in data["columns"]["target_trust"]] == [cell == "" for cell in cells]
    assert wrap("clip", "-o", "out", *words, "--resume", "--write", "overlay").code == 0  # made of the table
    assert Path("out/clip/overlay.mp4").exists()
    with pytest.raises(SystemExit) as left:
        main(["labels", "suggest", "clip", "-n", "1", "--results", "out"])
    assert not left.value.code
