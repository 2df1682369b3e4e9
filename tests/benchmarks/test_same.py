"""Whether two checkouts write the same: what counts as a difference, and whose code is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from benchmark_scripts import script

same = script("same")
ROOT = Path(__file__).resolve().parents[2]
RECORD = {
    "video": "made", "path": "/a/made", "flags": {"still": 2}, "trust": 0.8125, "cuts": [7], "warnings": [],
    "seconds": {"read": 0.1}, "seconds_total": 3.2, "versions": {"torch": "2.9"}, "settings": {"steps": 3},
}  # fmt: skip
TABLE = "frame,mined,trust,flag\n00000,1,0.8125,\n00001,0,0.5,still\n"


def written(folder: Path, *, record: dict[str, Any] | None = None, table: str = TABLE, level: int = 100) -> Path:
    """An output folder as ``vsodboost wrap`` leaves it."""
    (folder / "made").mkdir(parents=True)
    assert cv2.imwrite(str(folder / "made" / "00000.png"), np.full((8, 12), level, np.uint8))
    (folder / "made" / "frames.csv").write_text(table, encoding="utf-8")
    (folder / "made" / "run.json").write_text(json.dumps({**RECORD, **(record or {})}), encoding="utf-8")
    return folder


def lines(
    tmp_path: Path, renamed: dict[str, str] | None = None, ignored: tuple[str, ...] = (), **changes: Any
) -> list[str]:
    """What is said of two folders that differ by ``changes``."""
    a, b = written(tmp_path / "a"), written(tmp_path / "b", **changes)
    return list(same.compare(a, b, renamed, same.IGNORED | set(ignored)))


def test_timings_versions_and_paths_do_not_count(tmp_path: Path) -> None:
    other = {"path": "/b/made", "seconds": {"read": 0.2, "mine": 1}, "seconds_total": 5, "versions": {}}
    assert lines(tmp_path, record=other) == []


def test_a_level_of_a_map_counts(tmp_path: Path) -> None:
    assert lines(tmp_path, level=103) == ["made/00000.png: up to 3 levels apart, 96 of 96 values differ"]


def test_maps_of_other_sizes_or_encodings(tmp_path: Path) -> None:
    a, b = written(tmp_path / "a"), written(tmp_path / "b")
    image = np.full((8, 12), 100, np.uint8)
    assert cv2.imwrite(str(b / "made" / "00000.png"), image, [cv2.IMWRITE_PNG_COMPRESSION, 0])
    assert list(same.compare(a, b)) == ["made/00000.png: bytes differ, pixels do not"]
    assert cv2.imwrite(str(b / "made" / "00000.png"), image[:4])
    assert list(same.compare(a, b)) == ["made/00000.png: uint8(8, 12) and uint8(4, 12)"]


def test_a_cell_and_a_value_count(tmp_path: Path) -> None:
    found = lines(tmp_path, table=TABLE.replace("0.5", "0.50001"), record={"cuts": [7, 8], "trust": 0.8126})
    assert found == [
        "made/frames.csv: 1 cells, as 00001 trust: '0.5' and '0.50001'",
        "made/run.json: 2 values, as trust: 0.8125 and 0.8126",
    ]


def test_rows_and_values_that_are_gone_count(tmp_path: Path) -> None:
    shorter = TABLE.rsplit("\n", 2)[0] + "\n"
    assert lines(tmp_path, table=shorter, record={"warnings": ["empty"]}) == [
        "made/frames.csv: another number of rows or columns",
        "made/run.json: 2 values, as warnings: [] and nothing",
    ]


def test_renamed_words_are_the_same_and_other_words_are_not(tmp_path: Path) -> None:
    changes: dict[str, Any] = {"table": TABLE.replace("still", "static"), "record": {"flags": {"static": 2}}}
    assert lines(tmp_path / "1", {"still": "static"}, **changes) == []
    assert len(lines(tmp_path / "2", {"still": "calm"}, **changes)) == 2
    assert len(lines(tmp_path / "3", **changes)) == 2


def test_keys_can_be_left_out(tmp_path: Path) -> None:
    changed = {"settings": {"steps": 3, "new": None}}
    assert lines(tmp_path / "1", record=changed) == ["made/run.json: 1 values, as settings.new: nothing and None"]
    assert lines(tmp_path / "2", ignored=("settings",), record=changed) == []


def test_files_of_one_side_alone_and_other_kinds_of_file(tmp_path: Path) -> None:
    a, b = written(tmp_path / "a"), written(tmp_path / "b")
    (a / "made" / "overlay.mp4").write_bytes(b"abc")
    (b / "made" / "overlay.mp4").write_bytes(b"abcd")
    (a / "made" / "old.png").touch()
    (b / "made" / "new.png").touch()
    assert list(same.compare(a, b)) == [
        "made/new.png: only in B",
        "made/old.png: only in A",
        "made/overlay.mp4: bytes differ (3 and 4 of them)",
    ]


def test_a_stand_in_runs_the_checkouts_own_code(tmp_path: Path) -> None:
    """Not this checkout's, which is the installed one: an empty package of the same name stands for another."""
    (tmp_path / "other" / "core").mkdir(parents=True)
    (tmp_path / "other" / "core" / "__init__.py").touch()
    (tmp_path / "other" / "pyproject.toml").write_text(
        '[project]\nname = "vsodboost"\nversion = "9"\n[project.entry-points.vsodboost]\nx = "vsodboost.x"\n'
        '[tool.setuptools]\npackage-dir = { vsodboost = "core" }\n',
        encoding="utf-8",
    )
    found = same.found_at(same.stand_in(tmp_path / "other", tmp_path / "stand"))
    assert found["vsodboost"] == str((tmp_path / "other" / "core").resolve())
    assert found["entry points"] == str(tmp_path / "stand" / "vsodboost-9.dist-info")
    here = same.found_at(same.stand_in(ROOT, tmp_path / "here"))
    assert here["vsodboost_adapters"] == str(ROOT / "adapters")
    with pytest.raises(ValueError, match="Python takes vsodboost from"):
        same.check(ROOT, tmp_path / "stand")
    with pytest.raises(ValueError, match="no checkout of vsodboost"):
        same.stand_in(tmp_path, tmp_path / "none")


def test_every_booster_is_among_the_commands(tmp_path: Path) -> None:
    same.make_inputs(tmp_path)
    assert len(list((tmp_path / "made").iterdir())) == same.COUNT
    todo = same.commands(tmp_path, [Path("clip.mp4")], None, quick=False)
    assert len({command.name for command in todo}) == len(todo)
    chosen = {" ".join(command.arguments) for command in todo}
    for booster in ("longterm", "keyframe", "labels"):
        assert any(f"--booster {booster}" in line and "paper" not in line for line in chosen)
        assert any(f"--booster {booster}" in line and "--profile paper" in line for line in chosen)
    assert any(line.startswith("clip.mp4 ") for line in chosen)
