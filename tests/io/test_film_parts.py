"""Parts of a film joined: frames stand when and as long as they did, the last one too, in every container."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from vsodboost.io.film import H264, PRORES_4444, VP9_ALPHA, Film, Recipe
from vsodboost.io.film_parts import FilmParts

TIMES = [0.0, 0.1, 0.2, 0.5, 0.6, 1.0]
LAST = 0.7
"""Seconds that the last frame stands."""


def stands(path: Path) -> list[tuple[float, float]]:
    """When each frame begins and how long it stands, seconds, by the packets."""
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        found = [p for p in film.demux(stream) if p.size]
        return [(float(p.pts * stream.time_base), float(p.duration * stream.time_base)) for p in found]


@pytest.mark.parametrize(("recipe", "suffix"), [(H264, ".mp4"), (PRORES_4444, ".mov"), (VP9_ALPHA, ".webm")])
def test_every_frame_stands_as_long_as_it_did(tmp_path: Path, recipe: Recipe, suffix: str) -> None:
    parts = FilmParts(tmp_path, "part", suffix)
    channels = 3 if recipe is H264 else 4
    for first in (0, 3):
        with Film(parts.begin(TIMES[first]), recipe, 10.0, (48, 64)) as film:
            for index in range(first, first + 3):
                image = np.full((48, 64, channels), 40 * index, np.uint8)
                film.append(image, TIMES[index] - TIMES[first], LAST if index == 5 else None)
    parts.join(tmp_path / f"whole{suffix}", recipe, fps=10.0)
    found = stands(tmp_path / f"whole{suffix}")
    assert [begin for begin, _ in found] == pytest.approx(TIMES, abs=0.001)
    assert found[-1][1] == pytest.approx(LAST, abs=0.001)
