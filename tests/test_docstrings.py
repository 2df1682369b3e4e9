"""The examples in the docstrings of what users call run, and give what they say."""

from __future__ import annotations

import doctest
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_buffers import discs, small_buffer

import vsodboost
from vsodboost.writers.result import FrameResults, Result


def surroundings() -> dict[str, Any]:
    """What the examples speak of: three ``frames`` of a disc, its ``mask`` in the first, and a ``result``."""
    frames, maps = discs(3)
    kept = FrameResults.of(small_buffer(frames, maps))
    values = {name: getattr(kept, name) for name in vars(kept)}
    names = {"names": tuple(f"{t:05d}" for t in range(3)), "mined": np.array([True, False, False])}
    return {"vsodboost": vsodboost, "frames": frames, "mask": maps[0] > 0.5, "result": Result(**{**values, **names})}


@pytest.mark.parametrize("documented", [Result.save, Result.cutout, Result._repr_html_, vsodboost.stream])
def test_examples_run(documented: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (examples,) = doctest.DocTestFinder(recurse=False).find(documented, globs=surroundings())
    assert examples.examples, f"{documented.__qualname__} has none"
    said: list[str] = []
    outcome = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(examples, out=said.append)
    assert outcome.failed == 0, "".join(said)
