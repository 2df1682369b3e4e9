from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from map_files import write, write_sequence

from vsodboost.data.errors import InputError, UsageError
from vsodboost.metrics.common_frames import common_frames
from vsodboost.metrics.evaluate import evaluate, evaluate_all
from vsodboost.metrics.protocols import ALL, DAVSOD
from vsodboost.metrics.sequences import pair_up, scored_dataset

MASK = np.zeros((4, 4), np.uint8)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Truth ``gt`` of cows (5 frames) and libby (4); maps ``whole``, ``last`` (none of the last frames) and ``part``
    (1 to 3 of cows, all of libby)."""
    for name, count in (("cows", 5), ("libby", 4)):
        for seed, maps in enumerate(("whole", "last", "part")):
            write_sequence(tmp_path / "gt" / name, tmp_path / maps / name, count, noise=0.3 * seed)
        (tmp_path / "last" / name / f"{count - 1:05d}.png").unlink()
    for stem in ("00000", "00004"):
        (tmp_path / "part" / "cows" / f"{stem}.png").unlink()
    return tmp_path


def test_frames_that_every_folder_has_are_told_with_who_lacks_the_others(root: Path) -> None:
    dataset = scored_dataset(root / "gt")
    found = common_frames(dataset, [root / "whole", root / "last", root / "part"], ALL)
    assert {name: sorted(frames) for name, frames in found.frames.items()} == {
        "cows": ["00001", "00002", "00003"],
        "libby": ["00000", "00001", "00002"],
    }
    assert found.left_out == {"cows": 2, "libby": 1}
    assert found.notes == (
        f"left out for want of a map: 3 of 9 frames ({root / 'last'} lacks 2, {root / 'part'} lacks 2): "
        "cows 2 of 5, libby 1 of 4",
    )
    whole = common_frames(dataset, [root / "whole", root / "whole"], ALL)
    assert (whole.left_out, whole.notes, len(whole.frames["cows"])) == ({}, (), 5)


def test_ends_are_those_of_the_truth_and_steps_go_over_what_is_left(root: Path) -> None:
    dataset = scored_dataset(root / "gt")
    found = common_frames(dataset, [root / "last"], DAVSOD)
    assert (found.left_out, sorted(found.frames["cows"])) == ({}, ["00001", "00002", "00003"])
    within = common_frames(dataset, [root / "part"], ALL).frames
    cows, libby = pair_up(dataset, root / "part", ALL, step=2, within=within).sequences
    assert [pair.truth.frame for pair in cows.pairs] == ["00001", "00003"]
    assert [pair.truth.frame for pair in libby.pairs] == ["00000", "00002"]


def test_all_methods_are_scored_on_the_same_frames(root: Path) -> None:
    whole, part = evaluate_all(root / "gt", [root / "whole", root / "part"], common_frames=True)
    assert [(row.name, row.frames) for row in whole.sequences] == [("cows", 3), ("libby", 4)]
    assert [(row.name, row.frames) for row in part.sequences] == [("cows", 3), ("libby", 4)]
    assert whole.left_out == part.left_out == {"cows": 2}
    assert whole.notes == part.notes and "cows 2 of 5" in whole.notes[0]
    for stem in ("00000", "00004"):
        (root / "gt" / "cows" / f"{stem}.png").unlink()
    assert evaluate(root / "gt", root / "whole").mean == whole.mean


def test_maps_by_number_are_told_alike_whatever_the_others_lack(root: Path) -> None:
    """The folder counts from 0 as the frames do, though the first common frame is 2."""
    for number in range(5):
        write(root / "numbered" / "cows" / f"{number}_sal.png", MASK)
    (root / "part" / "cows" / "00001.png").unlink()
    places = [root / "numbered", root / "part"]
    numbered, _ = evaluate_all(root / "gt", places, common_frames=True, only=["cows"])
    assert numbered.frames == 2
    assert any("found by number, 2_sal.png for frame 00002" in note for note in numbered.notes)


def test_a_sequence_without_a_common_frame_is_left_out_and_said(root: Path) -> None:
    for file in (root / "part" / "libby").iterdir():
        file.unlink()
    only = evaluate(root / "gt", root / "part", common_frames=True)
    assert [row.name for row in only.sequences] == ["cows"]
    assert only.left_out == {"cows": 2, "libby": 4} and "libby 4 of 4" in only.notes[0]
    with pytest.raises(InputError, match=r"no frame of libby has a map in every folder: .*part lacks 4"):
        evaluate(root / "gt", root / "part", common_frames=True, only=["libby"])


def test_what_is_no_hole_stays_an_error(root: Path) -> None:
    (root / "none").mkdir()
    with pytest.raises(InputError, match=r"none/cows: no such folder.*--common"):
        evaluate_all(root / "gt", [root / "whole", root / "none"], common_frames=True)
    with pytest.raises(UsageError, match="nowhere: no such folder of saliency maps"):
        evaluate(root / "gt", root / "nowhere", common_frames=True)
    with pytest.raises(UsageError, match="no sequence 'goat'"):
        evaluate(root / "gt", root / "whole", common_frames=True, only=["goat"])
