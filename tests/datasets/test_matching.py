from __future__ import annotations

from pathlib import Path

import pytest

from vsodboost.datasets.matching import annotated, numbers, single


def frame_of(frames: list[str], masks: list[str], name: str = "cows") -> dict[str, str]:
    found = annotated(name, [Path(f"{f}.jpg") for f in frames], single(Path(f"{m}.png") for m in masks))
    return {truth.files[0].stem: truth.frame for truth in found.truths}


@pytest.mark.parametrize(
    ("frames", "masks", "expected"),
    [
        (["0", "1", "2"], ["0", "2"], {"0": "0", "2": "2"}),
        # One a frame: by order, whatever the numbers begin with.
        (["0", "1", "2"], ["m1", "m2", "m3"], {"m1": "0", "m2": "1", "m3": "2"}),
        (["f9", "f10", "f11"], ["0", "1", "2"], {"0": "f9", "1": "f10", "2": "f11"}),
        # Fewer masks: by number.
        (["frame0001", "frame0002", "frame0003"], ["00001", "00003"], {"00001": "frame0001", "00003": "frame0003"}),
        (["cows_01", "cows_02", "cows_03"], ["002_gt"], {"002_gt": "cows_02"}),
        # A mask without a frame keeps its own name.
        (["0", "1", "2"], ["1", "7"], {"1": "1", "7": "7"}),
        ([], ["3", "4"], {"3": "3", "4": "4"}),
    ],
)
def test_masks_find_their_frames(frames: list[str], masks: list[str], expected: dict[str, str]) -> None:
    assert frame_of(frames, masks) == expected


def test_masks_are_in_the_order_of_the_frames() -> None:
    found = annotated("cows", [Path(f"{t}.jpg") for t in (1, 2, 10)], single(Path(f"{t}.png") for t in (10, 2, 99)))
    assert [truth.frame for truth in found.truths] == ["2", "10", "99"]
    assert [truth.frame if truth else None for truth in found.aligned()] == [None, "2", "10"]
    assert found.truth_of("1") is None


@pytest.mark.parametrize(
    ("stems", "sequence", "expected"),
    [
        (["camel01_0001", "camel01_0020"], "camel01", [1, 20]),
        (["tennis001", "tennis020"], "tennis", [1, 20]),
        (["a1_b1", "a1_b2"], "", [1, 2]),
        (["a1_b1", "a2_b2"], "", []),
        (["1", "01"], "", []),
        (["5117-8_70161"], "girl", [70161]),
        (["x", "y"], "", []),
        ([], "", []),
    ],
)
def test_numbers_in_names(stems: list[str], sequence: str, expected: list[int]) -> None:
    found = numbers(stems, sequence)
    assert [found[stem] for stem in stems if stem in found] == expected
