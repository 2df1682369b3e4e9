"""Files that were looked at stay in memory, as far as a budget goes, until they are read for good."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vsodboost.io import held_files as held_files_module
from vsodboost.io.held_files import RawFiles, held_files, look_at, read
from vsodboost.io.raw_image import RawImage, read_raw

MASK = np.zeros((20, 30), np.uint8)
MASK[5:15, 8:22] = 255


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for path in paths:
        Image.fromarray(MASK).save(path)
    return paths


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are read from the disk."""
    names: list[str] = []

    def recorded(path: Path) -> RawImage:
        names.append(path.name)
        return read_raw(path)

    monkeypatch.setattr(held_files_module, "read_raw", recorded)
    return names


def test_files_are_read_again_where_they_do_not_fit(files: list[Path], asked: list[str]) -> None:
    images = RawFiles(files, budget=2 * MASK.nbytes)
    for _ in range(2):
        assert [image.path for image in images] == files
    assert asked == ["0.png", "1.png", "2.png", "2.png"]


def test_files_that_were_looked_at_are_read_once_within_the_block(files: list[Path], asked: list[str]) -> None:
    with held_files():
        for _ in range(2):
            assert [image.path for image in RawFiles(files)] == files
        assert all((read(file).pixels == MASK).all() for file in files)
        assert asked == ["0.png", "1.png", "2.png"]
        read(files[0])
    assert asked[3:] == ["0.png"], "once it was read for good it is let go"
    look_at(files[1])
    read(files[1])
    assert asked[4:] == ["1.png", "1.png"], "outside of the block nothing is held"


def test_no_more_is_held_than_the_budget_and_what_is_read_makes_room(files: list[Path], asked: list[str]) -> None:
    with held_files(MASK.nbytes):
        look_at(files[0])
        look_at(files[1])
        read(files[0])
        read(files[1])
        assert asked == ["0.png", "1.png", "1.png"]
        look_at(files[2])
        read(files[2])
        assert asked[3:] == ["2.png"]
