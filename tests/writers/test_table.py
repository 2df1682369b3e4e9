"""frames.csv."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from vsodboost.writers.table import FramesTable


def test_the_first_row_fixes_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "bear" / "frames.csv"
    with FramesTable(path) as table:
        table.add({"frame": "00000", "mined": True, "trust": np.float32(0.1), "flag": None})
        table.add({"trust": 1 / 3, "flag": 'odd, "quoted"', "mined": np.bool_(False), "frame": "00001"})
        assert not path.exists()
    assert path.read_bytes().startswith(b"frame,mined,trust,flag\n00000,1,0.1,\n00001,0,0.333333,")
    with path.open(newline="") as file:
        assert list(csv.DictReader(file))[1]["flag"] == 'odd, "quoted"'
    assert [file.name for file in path.parent.iterdir()] == ["frames.csv"]


@pytest.mark.parametrize("row", [{"frame": "1"}, {"frame": "1", "trust": 1.0, "more": 2}, {"frame": "1", "mined": 1}])
def test_other_columns_are_refused(tmp_path: Path, row: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="differ from the first row's"), FramesTable(tmp_path / "frames.csv") as table:
        table.add({"frame": "0", "trust": 0.5})
        table.add(row)
    assert not list(tmp_path.iterdir())


def test_an_error_in_the_run_leaves_the_old_table(tmp_path: Path) -> None:
    path = tmp_path / "frames.csv"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), FramesTable(path) as table:
        table.add({"frame": "0"})
        raise KeyboardInterrupt
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]
