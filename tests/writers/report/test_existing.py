"""Reports of results that are there already, with and without truth, and the page of all videos."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from small_reports import write_report

from vsodboost.cli import main
from vsodboost.io.array_source import ArraySource
from vsodboost.io.atomic import write_png
from vsodboost.io.run_report import Failure, write_failed
from vsodboost.io.stored import stored_buffers
from vsodboost.writers.report.index import index_data
from vsodboost.writers.table import FramesTable

COUNT = 6


def square(t: int) -> np.ndarray:
    """The mask of frame ``t``, ``uint8[32, 48]``."""
    mask = np.zeros((32, 48), np.uint8)
    mask[8:24, 4 + 4 * t : 20 + 4 * t] = 255
    return mask


def results(out: Path, frames: Path, name: str = "clip", wrong: int = 4) -> Path:
    """Results of a run as they lie on disk; the map of frame ``wrong`` is of something else."""
    folder = out / name
    for t in range(COUNT):
        write_png(frames / f"{t:05d}.png", np.repeat(square(t)[..., None] // 2, 3, axis=2))
        write_png(folder / f"{t:05d}.png", 255 - square(t) if t == wrong else square(t))
    with FramesTable(folder / "frames.csv") as table:
        for t in range(COUNT):
            row = {"frame": f"{t:05d}", "mined": t == 1, "quality": 0.5, "consistency": 0.5, "trust": 0.5 + t / 10}
            table.add({**row, "target_trust": 0.4, "flag": "static" if t == 2 else ""})
    run = {"video": name, "path": str(frames), "frames": COUNT, "trust": 0.75, "target_trust": 0.4, "mined": 1}
    run |= {"flags": {"static": 1}, "cuts": [], "settings": {"target": "lite", "booster": "mqp"}, "seconds_total": 1.5}
    (folder / "run.json").write_text(json.dumps(run))
    return folder


def truth(root: Path, name: str = "clip") -> Path:
    """A data set with the truth of the video."""
    for t in range(COUNT):
        write_png(root / "Annotations" / name / f"{t:05d}.png", square(t))
        write_png(root / "JPEGImages" / name / f"{t:05d}.png", np.zeros((32, 48, 3), np.uint8))
    return root


def called(*arguments: object) -> int:
    """Call the command; its exit code."""
    with pytest.raises(SystemExit) as left:
        main(["report", *map(str, arguments)])
    return int(left.value.code or 0)


def data_in(folder: Path) -> dict[str, Any]:
    """What report.json says."""
    found: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return found


def test_pages_are_made_of_maps_table_and_source(tmp_path: Path) -> None:
    folder = results(tmp_path / "out", tmp_path / "clip")
    assert called(tmp_path / "out") == 0
    data = data_in(folder)
    assert data["count"] == COUNT and data["size"] == [32, 48] and data["flags"] == {"static": [2]}
    assert data["columns"]["trust"] == pytest.approx([0.5, 0.6, 0.7, 0.8, 0.9, 1.0]) and data["mined"] == [1]
    assert data["full"][0]["index"] == 0 and set(data["full"][0]["pictures"]) == {"frame", "boosted"}
    assert len(data["thumbs"]) == COUNT and "--write report" in data["note"]
    page = (tmp_path / "out" / "index.html").read_text()
    assert 'href="clip/report.html"' in page and "+0.35" in page


def test_flags_of_the_version_before_are_called_what_they_are_now(tmp_path: Path) -> None:
    table = results(tmp_path / "out", tmp_path / "clip") / "frames.csv"
    table.write_text(table.read_text().replace("static", "still"))
    assert called(tmp_path / "out") == 0 and data_in(table.parent)["flags"] == {"static": [2]}


def test_without_the_source_there_is_a_page_all_the_same(tmp_path: Path) -> None:
    folder = results(tmp_path / "out", tmp_path / "clip")
    for file in (tmp_path / "clip").iterdir():
        file.unlink()
    (tmp_path / "clip").rmdir()
    assert called(tmp_path / "out") == 0
    assert data_in(folder)["full"] == [] and "no such file" in data_in(folder)["note"]


def test_truth_adds_figures_and_the_worst_frame_first(tmp_path: Path) -> None:
    folder = results(tmp_path / "out", tmp_path / "clip")
    assert called(tmp_path / "out", "--truth", truth(tmp_path / "set")) == 0
    data = data_in(folder)
    assert data["truth"]["worst"][0]["index"] == data["full"][0]["index"] == 4
    assert {"frame", "boosted", "truth"} <= set(data["full"][0]["pictures"])
    assert data["truth"]["S"][0] == pytest.approx(1, abs=1e-3) and data["truth"]["S"][4] < 0.3
    assert data["truth"]["figures"]["boosted"]["MAE"] == pytest.approx(1 / COUNT, abs=1e-3)
    assert len(data["truth"]["curve"]["recall"]) == 256
    assert "S by truth" in (tmp_path / "out" / "index.html").read_text()
    page = (folder / "report.html").read_text()
    assert "Against the truth" in page
    assert called(tmp_path / "out") == 0  # again, without: what is stored is kept
    assert data_in(folder)["truth"] == data["truth"]


def test_of_a_part_of_a_video_only_its_frames_are_scored(tmp_path: Path) -> None:
    folder = results(tmp_path / "out", tmp_path / "clip")
    run = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**run, "frames": 3, "settings": {**run["settings"], "every": 2}}))
    lines = (folder / "frames.csv").read_text().splitlines()
    (folder / "frames.csv").write_text("\n".join(lines[:1] + lines[1::2]) + "\n")
    for t in (1, 3, 5):
        (folder / f"{t:05d}.png").unlink()
    assert called(tmp_path / "out", "--truth", truth(tmp_path / "set")) == 0
    data = data_in(folder)
    assert data["truth"]["frames"] == 3 and data["truth"]["worst"][0]["index"] == 2
    assert data["truth"]["S"][2] < 0.3 < data["truth"]["S"][1] and len(data["thumbs"]) == 3


def test_what_wrap_stored_is_taken_unless_it_is_of_an_earlier_run(tmp_path: Path) -> None:
    folder = results(tmp_path / "out", tmp_path / "clip")
    write_report(folder, [[0.9] * COUNT], seconds_total=1.5)
    assert called(tmp_path / "out", "--quiet") == 0
    assert "doubt" in data_in(folder)["full"][0]["pictures"]
    write_report(folder, [[0.9] * COUNT], seconds_total=9)
    assert called(tmp_path / "out", "--quiet") == 0
    assert "doubt" not in data_in(folder)["full"][0]["pictures"]


def test_wrong_use_and_damage_are_told_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(tmp_path / "none") == 2 and "no such folder" in capsys.readouterr().err
    (tmp_path / "out").mkdir()
    assert called(tmp_path / "out") == 2 and "holds no results" in capsys.readouterr().err
    folder = results(tmp_path / "out", tmp_path / "clip")
    assert called(tmp_path / "out", "--only", "x") == 2 and "it has clip" in capsys.readouterr().err
    (folder / "frames.csv").write_text("a,b\n1,2\n")
    (tmp_path / "out" / "half").mkdir()
    (tmp_path / "out" / "half" / ".started.json").write_text("{}")
    assert called(tmp_path / "out") == 1
    assert "is not the frames.csv of vsodboost" in capsys.readouterr().err
    failed = re.search("Not done.*?</table>", (tmp_path / "out" / "index.html").read_text(), re.DOTALL)
    assert failed is not None and "half" in failed[0] and "frames.csv" in failed[0] and "--resume" in failed[0]


def test_an_unreadable_map_is_named(tmp_path: Path) -> None:
    folder = results(tmp_path / "out", tmp_path / "clip")
    (folder / "00000.png").write_bytes(b"")
    assert called(tmp_path / "out") == 0
    assert "00000.png" in data_in(folder)["note"]
    assert cv2.imread(str(folder / "00001.png")) is not None


def test_rows_are_by_trust_and_have_means(tmp_path: Path) -> None:
    for name, trust in (("b", 0.9), ("a", 0.5)):
        folder = results(tmp_path / "out", tmp_path / name, name)
        run = json.loads((folder / "run.json").read_text())
        (folder / "run.json").write_text(json.dumps({**run, "trust": trust}))
    write_failed(tmp_path / "out", {"d": Failure("d.mp4", "cut off")}, ["d"])
    data = index_data(tmp_path / "out", {"c": "lost"})
    assert [row["video"] for row in data["videos"]] == ["a", "b"] and data["failed"] == {"d": "cut off", "c": "lost"}
    assert data["mean"]["trust"] == pytest.approx(0.7) and data["mean"]["gain"] == pytest.approx(0.3)
    assert "S" not in data["mean"]


@pytest.mark.parametrize("cell", [None, 0.0])  # as it is written now, and once was
def test_frames_without_a_map_of_the_target_have_no_trust_of_it(tmp_path: Path, cell: float | None) -> None:
    folder = results(tmp_path / "out", tmp_path / "clip")
    with FramesTable(folder / "frames.csv") as table:
        for t in range(COUNT):
            row = {"frame": f"{t:05d}", "mined": False, "quality": 0.5, "consistency": 0.5, "trust": 0.5}
            silent = t % 3 > 0
            table.add({**row, "target_trust": cell if silent else 0.4, "flag": "no_target" if silent else ""})
    frames = ArraySource(np.zeros((COUNT, 32, 48, 3), np.uint8), "clip")
    (read,) = stored_buffers(frames, folder)
    assert np.isnan(read.decision.target_trust).tolist() == [t % 3 > 0 for t in range(COUNT)]
    assert called(tmp_path / "out") == 0
    data = json.loads((folder / "report.json").read_text())
    assert data["columns"]["target_trust"] == [0.4, None, None, 0.4, None, None]


def test_a_run_whose_target_has_no_map_is_shown_without_its_trust(tmp_path: Path) -> None:
    folder = results(tmp_path / "out", tmp_path / "clip")
    run = {**json.loads((folder / "run.json").read_text()), "target_trust": None}
    (folder / "run.json").write_text(json.dumps(run))
    assert called(tmp_path / "out") == 0
    assert "Trust is <b>0.75</b>" in (folder / "report.html").read_text()
    (row,) = index_data(tmp_path / "out", {})["videos"]
    assert row["cells"]["trust"] == 0.75 and row["cells"]["target_trust"] is row["cells"]["gain"] is None
