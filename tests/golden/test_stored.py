"""The golden net's own comparison: what it lets through and what it does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from golden import stored
from golden.cases import CASES

RESULT = {
    "maps": np.linspace(0, 1, 24).reshape(2, 3, 4),
    "mined": np.array([True, False]),
    "cuts": np.array([3]),
    "flags": np.array(["", "calm"]),
    "table a trust": np.array([0.5]),
    "png a": np.array([100 / 255]),
}


def changed(**values: np.ndarray) -> list[str]:
    return stored.differences(RESULT, {**RESULT, **{name.replace("__", " "): v for name, v in values.items()}})


def test_the_same_is_the_same_and_rounding_is_let_through() -> None:
    assert changed() == []
    assert changed(maps=RESULT["maps"] + 9e-6, table__a__trust=np.array([0.50002]), png__a=np.array([101 / 255])) == []


def test_numbers_are_compared_to_their_tolerance() -> None:
    moved = RESULT["maps"].copy()
    moved[1, 2, 3] += 2e-5
    assert changed(maps=moved) == ["maps: differs by up to 2e-05, allowed 1e-05"]
    assert stored.differences(RESULT, {**RESULT, "maps": moved}, tolerance=1e-4) == []
    moved[0, 0, 0] = np.nan
    assert changed(maps=moved) == ["maps: differs by up to inf, allowed 1e-05"]
    assert len(changed(table__a__trust=np.array([0.50005]), png__a=np.array([102 / 255]))) == 2
    assert changed(maps=RESULT["maps"][:1]) == ["maps: shape (1, 3, 4), stored (2, 3, 4)"]


def test_words_truths_and_whole_numbers_are_compared_exactly() -> None:
    assert len(changed(flags=np.array(["", ""]), mined=np.array([True, True]), cuts=np.array([2]))) == 3


def test_arrays_of_one_side_alone_are_told() -> None:
    less = {name: value for name, value in RESULT.items() if name != "cuts"}
    assert stored.differences(RESULT, less) == ["cuts: only in the stored result"]
    assert stored.differences(less, RESULT) == ["cuts: not in the stored result"]


def test_a_renamed_word_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(changed(flags=np.array(["", "static"]))) == 1
    monkeypatch.setattr(stored, "RENAMED", {"calm": "static"})
    assert changed(flags=np.array(["", "static"])) == []


def test_what_is_saved_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "HERE", tmp_path)
    stored.save("x", RESULT)
    back = stored.load("x")
    assert stored.differences(back, RESULT, tolerance=stored.UNIT) == []
    assert back["cuts"].tolist() == [3] and back["cuts"].dtype == RESULT["cuts"].dtype


def test_every_case_has_its_stored_result_and_they_are_small() -> None:
    files = list(stored.HERE.glob("*.npz"))
    assert {file.stem for file in files} == {*CASES, "command"}
    assert sum(file.stat().st_size for file in files) < 300_000


def test_stored_results_have_something_to_lose() -> None:
    """Boosted maps that are neither empty nor the target's, frames that were mined, and every flag."""
    flags: set[str] = set()
    for name in CASES:
        kept = stored.load(name)
        flags |= set(kept["flags"].tolist())
        assert np.abs(kept["maps"] - kept["target_maps"]).max() > 0.05, name
        assert ((kept["maps"] > 0.05) & (kept["maps"] < 0.95)).mean() > 0.005, name
        assert kept["mined"].any() or name == "keyframe-wrong", name
    assert flags == {"", "static", "untuned", "low_trust", "labelled"}
