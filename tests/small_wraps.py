"""``vsodboost wrap`` on videos of a few frames that the networks see small, called in this process."""

from __future__ import annotations

import csv
import functools
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from moving_pattern import pattern
from numpy.typing import NDArray
from small_networks import SIZE, see_small

from vsodboost.cli import main

ALWAYS = ("--steps", "2", "--device", "cpu")


@pytest.fixture
def work_small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Networks see 64 x 96 px; the current folder is empty."""
    see_small(monkeypatch)
    monkeypatch.chdir(tmp_path)


@dataclass
class Left:
    """How the command left: exit code, standard output, the lines of standard error."""

    code: int
    out: str
    lines: list[str]

    @property
    def line(self) -> str:
        """The one line of standard error."""
        assert len(self.lines) == 1, self.lines
        return self.lines[0]


@pytest.fixture
def wrap(capsys: pytest.CaptureFixture[str]) -> functools.partial[Left]:
    """``wrap(arguments)``: the command with two steps of tuning; no traceback comes out of it."""

    def run(*arguments: object, quiet: bool = True) -> Left:
        words = ["wrap", *ALWAYS, *(["--quiet"] if quiet else []), *map(str, arguments)]
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(words)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Left(int(left.value.code or 0), captured.out, captured.err.splitlines())

    return functools.partial(run)


Wrap = functools.partial[Left]


def moving_disc(count: int = 6, size: tuple[int, int] = SIZE) -> list[NDArray[np.uint8]]:
    """A bright disc that moves 6 px a frame over a still texture, RGB."""
    ground = (pattern(*size) // 2).astype(np.uint8)
    frames = []
    for t in range(count):
        frame = ground.copy()
        cv2.circle(frame, (16 + 6 * t, size[0] // 2), 12, (250, 230, 60), -1)
        frames.append(frame)
    return frames


def frame_folder(path: Path, frames: list[NDArray[np.uint8]] | None = None) -> Path:
    """A folder of frames, those of ``moving_disc`` if none are given."""
    path.mkdir(parents=True)
    for t, frame in enumerate(moving_disc() if frames is None else frames):
        assert cv2.imwrite(str(path / f"{t:05d}.png"), frame[..., ::-1])
    return path


def map_folder(path: Path, count: int = 6, level: int | None = None) -> Path:
    """A folder of perfect maps of ``moving_disc``, or of ones of a single level."""
    path.mkdir(parents=True)
    for t, frame in enumerate(moving_disc(count)):
        disc = np.where(frame[..., 0] == 250, 255, 0).astype(np.uint8)
        grey = disc if level is None else np.full(frame.shape[:2], level, np.uint8)
        assert cv2.imwrite(str(path / f"{t:05d}.png"), grey)
    return path


def written(out: Path) -> list[str]:
    """Every file below a folder."""
    return sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())


def folders(out: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in out.iterdir())


def rows(path: Path) -> list[dict[str, str]]:
    """The lines of a table."""
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def config(**values: object) -> str:
    """The name of a file of settings for ``wrap`` that was written."""
    text = "[wrap]\n" + "".join(f"{name.replace('_', '-')} = {json.dumps(value)}\n" for name, value in values.items())
    Path("made.toml").write_text(text, encoding="utf-8")
    return "made.toml"
