from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from map_files import write, write_sequence
from published_layouts import duts, fbms, youtube_objects

from vsodboost.data.errors import InputError, UsageError
from vsodboost.metrics.protocols import ALL, DAVSOD
from vsodboost.metrics.sequences import (
    common_sequences,
    pair_up,
    paired_sequences,
    scored_dataset,
    truth_sequences,
)

MASK = np.zeros((4, 4), np.uint8)


@pytest.mark.parametrize(
    ("layout", "root"),
    [
        ("Annotations/480p/{}", ""),
        ("Annotations/480p/{}", "Annotations"),
        ("Annotations/480p/{}", "Annotations/480p"),
        ("Annotations/{}", ""),
        ("{}", ""),
        ("{}/ground-truth", ""),
        ("{}/GT_object_level", ""),
    ],
)
def test_layouts_of_truth(tmp_path: Path, layout: str, root: str) -> None:
    for name in ("cows", "libby"):
        for stem in ("00001", "00000"):
            write(tmp_path / layout.format(name) / f"{stem}.png", MASK)
    (tmp_path / "empty").mkdir()
    found = truth_sequences(tmp_path / root)
    assert {name: [path.stem for path in paths] for name, paths in found.items()} == {
        "cows": ["00000", "00001"],
        "libby": ["00000", "00001"],
    }


def test_one_sequence_folder_is_a_truth_and_its_maps_may_lie_flat(tmp_path: Path) -> None:
    write_sequence(tmp_path / "gt" / "cows", tmp_path / "maps" / "cows", 2)
    for maps in ("maps", "maps/cows"):
        (only,) = paired_sequences(tmp_path / "gt" / "cows", tmp_path / maps, ALL)
        assert only.name == "cows"
        assert [pair.prediction for pair in only.pairs] == [tmp_path / f"maps/cows/0000{i}.png" for i in (0, 1)]


def test_frames_are_in_natural_order_so_the_right_ends_are_skipped(tmp_path: Path) -> None:
    for number in (1, 2, 9, 10, 11):
        write(tmp_path / "gt" / "cows" / f"{number}.png", MASK)
        write(tmp_path / "maps" / "cows" / f"{number}.png", MASK)
    (cows,) = paired_sequences(tmp_path / "gt", tmp_path / "maps", DAVSOD)
    assert [pair.truth.frame for pair in cows.pairs] == ["2", "9", "10"]


def test_any_image_suffix_will_do_and_lossless_ones_win(tmp_path: Path) -> None:
    write(tmp_path / "gt" / "cows" / "0.png", MASK)
    write(tmp_path / "gt" / "cows" / "1.png", MASK)
    for name in ("0.jpg", "0.png", "1.bmp", "notes.png"):
        write(tmp_path / "maps" / "cows" / name, MASK)
    (cows,) = paired_sequences(tmp_path / "gt", tmp_path / "maps", ALL)
    assert [pair.prediction.name for pair in cows.pairs] == ["0.png", "1.bmp"]


def test_a_missing_map_is_named(tmp_path: Path) -> None:
    write_sequence(tmp_path / "gt" / "cows", tmp_path / "maps" / "cows", 5)
    (tmp_path / "maps" / "cows" / "00004.png").unlink()
    with pytest.raises(InputError, match="maps/cows: no map for frame 00004 of cows; every scored frame needs one"):
        paired_sequences(tmp_path / "gt", tmp_path / "maps", ALL)
    paired_sequences(tmp_path / "gt", tmp_path / "maps", DAVSOD)  # which does not score the last frame
    paired_sequences(tmp_path / "gt", tmp_path / "maps", ALL, step=3)
    (tmp_path / "maps" / "cows" / "00002.png").unlink()
    with pytest.raises(InputError, match=r"frame 00002 of cows \(nor for 1 more\)"):
        paired_sequences(tmp_path / "gt", tmp_path / "maps", ALL)


def test_a_missing_sequence_is_named_and_may_be_left_out(tmp_path: Path) -> None:
    for name in ("cows", "libby"):
        write_sequence(tmp_path / "gt" / name, tmp_path / "a" / name, 2)
    write_sequence(tmp_path / "gt" / "libby", tmp_path / "b" / "libby", 2)
    with pytest.raises(InputError, match=r"b/cows: no such folder, so frame 00000 of cows has no map.*--common"):
        paired_sequences(tmp_path / "gt", tmp_path / "b", ALL)
    common = common_sequences(tmp_path / "gt", [tmp_path / "a", tmp_path / "b"])
    assert common == ["libby"]
    assert [s.name for s in paired_sequences(tmp_path / "gt", tmp_path / "b", ALL, only=common)] == ["libby"]
    (tmp_path / "c").mkdir()
    with pytest.raises(InputError, match="c: no folder for any sequence"):
        common_sequences(tmp_path / "gt", [tmp_path / "c"])


def test_what_cannot_be_scored(tmp_path: Path) -> None:
    write_sequence(tmp_path / "gt" / "cows", tmp_path / "maps" / "cows", 2)
    with pytest.raises(InputError, match=r"protocol davsod scores none of its frames.*cows has 2 masks.*--protocol"):
        paired_sequences(tmp_path / "gt", tmp_path / "maps", DAVSOD)
    with pytest.raises(UsageError, match="nowhere: no such folder of truth masks"):
        paired_sequences(tmp_path / "nowhere", tmp_path / "maps", ALL)
    with pytest.raises(UsageError, match="nowhere: no such folder of saliency maps"):
        paired_sequences(tmp_path / "gt", tmp_path / "nowhere", ALL)
    with pytest.raises(UsageError, match="no sequence 'goat'; there are cows"):
        paired_sequences(tmp_path / "gt", tmp_path / "maps", ALL, only=["goat"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty: no truth masks"):
        truth_sequences(tmp_path / "empty")


def files(folder: Path, *stems: str, suffix: str = "png") -> None:
    for stem in stems:
        write(folder / f"{stem}.{suffix}", MASK)


def test_maps_are_found_by_number_as_wrap_finds_them_and_it_is_said(tmp_path: Path) -> None:
    files(tmp_path / "gt" / "cows", "00000", "00001", "00002")
    files(tmp_path / "maps" / "cows", "2_sal", "0_sal", "1_sal")
    found = pair_up(scored_dataset(tmp_path / "gt"), tmp_path / "maps", ALL)
    assert [pair.prediction.stem for pair in found.sequences[0].pairs] == ["0_sal", "1_sal", "2_sal"]
    assert found.notes == ("cows: maps are found by number, 0_sal.png for frame 00000",)


def test_a_number_in_the_sequence_s_name_does_not_matter(tmp_path: Path) -> None:
    made = fbms(tmp_path)
    for name in made.truths:
        files(tmp_path / "maps" / name, *(f"{t:05d}" for t in range(1, 6)))
    found = pair_up(scored_dataset(made.root), tmp_path / "maps", ALL)
    assert [[pair.prediction.stem for pair in s.pairs] for s in found.sequences] == [["00001", "00004", "00005"]] * 4


def test_maps_may_be_named_as_the_masks(tmp_path: Path) -> None:
    made = fbms(tmp_path)
    files(tmp_path / "maps", "001_gt", "004_gt", "005_gt")
    (tennis,) = pair_up(scored_dataset(made.root / "tennis"), tmp_path / "maps", ALL).sequences
    assert [pair.prediction.stem for pair in tennis.pairs] == ["001_gt", "004_gt", "005_gt"]


@pytest.mark.parametrize("maps", [range(1, 5), range(1, 4)])
def test_maps_that_count_from_another_number_are_refused(tmp_path: Path, maps: range) -> None:
    """Under davsod every inner frame has a map of its number, but it would be the neighbour's."""
    files(tmp_path / "gt" / "cows", *(f"{t:05d}" for t in range(4)))
    files(tmp_path / "maps" / "cows", *(f"{t}_sal" for t in maps))
    for protocol in (ALL, DAVSOD):
        with pytest.raises(InputError, match=rf"numbered 1 to {maps[-1]} and the frames 0 to 3, so it is unclear"):
            paired_sequences(tmp_path / "gt", tmp_path / "maps", protocol)


@pytest.mark.parametrize("first", [0, 2])
def test_as_many_maps_as_frames_one_number_off_are_refused_though_names_match(tmp_path: Path, first: int) -> None:
    files(tmp_path / "gt" / "cows", *(f"{t:05d}" for t in range(1, 5)))
    files(tmp_path / "maps" / "cows", *(f"{t:05d}" for t in range(first, first + 4)), "contact_sheet")
    for protocol in (ALL, DAVSOD):
        with pytest.raises(InputError, match=rf"numbered {first} to {first + 3} and the frames 1 to 4, so it is unc"):
            paired_sequences(tmp_path / "gt", tmp_path / "maps", protocol)


def test_davsod_leaves_out_by_name_what_has_two_masks(tmp_path: Path) -> None:
    for name, masks in (("car", ("0", "11")), ("gokart", ("0", "3", "6", "9")), ("lion", ("5",))):
        files(tmp_path / "gt" / name, *masks)
        files(tmp_path / "maps" / name, *(str(t) for t in range(12)))
    found = pair_up(scored_dataset(tmp_path / "gt"), tmp_path / "maps", DAVSOD)
    assert [(s.name, len(s.pairs)) for s in found.sequences] == [("gokart", 2)]
    assert [note.partition(",")[0] for note in found.notes] == ["car has 2 masks", "lion has one mask"]
    assert all(note.endswith("scores none (it skips the first and the last): left out") for note in found.notes)
    assert len(pair_up(scored_dataset(tmp_path / "gt"), tmp_path / "maps", ALL).sequences) == 3


def test_stills_have_no_ends_to_skip(tmp_path: Path) -> None:
    made = duts(tmp_path)
    for name, truths in made.truths.items():
        files(tmp_path / "maps" / name, *truths)
    found = pair_up(scored_dataset(made.root), tmp_path / "maps", DAVSOD)
    assert [len(sequence.pairs) for sequence in found.sequences] == [3, 3]


def test_maps_without_the_last_frame_are_pointed_to_davsod(tmp_path: Path) -> None:
    files(tmp_path / "gt" / "cows", "0", "1", "2")
    files(tmp_path / "maps" / "cows", "0", "1")
    with pytest.raises(
        InputError,
        match=r"frame 2 of cows; every scored frame needs one \(--protocol davsod skips .*; --common-frames scores",
    ):
        paired_sequences(tmp_path / "gt", tmp_path / "maps", ALL)


def test_maps_of_a_shot_may_lie_under_its_own_path(tmp_path: Path) -> None:
    made = youtube_objects(tmp_path)
    files(tmp_path / "a" / "aeroplane_0001_001", "frame0001", "frame0011", "frame0021")
    files(tmp_path / "a" / "cat" / "data" / "0012" / "shots" / "003", "00001", "00011", "00021")
    assert common_sequences(made.root, [tmp_path / "a"]) == list(made.truths)
    files(tmp_path / "b" / "aeroplane_0001", *(f"{t:05d}" for t in range(1, 22)))
    assert len(paired_sequences(made.root, tmp_path / "b", ALL, only=["aeroplane_0001_001"])[0].pairs) == 3


def test_swapped_folders_are_asked_about(tmp_path: Path) -> None:
    files(tmp_path / "maps" / "cows", *(f"{t:05d}" for t in range(6)))
    davis = tmp_path / "DAVIS"
    files(davis / "JPEGImages" / "480p" / "cows", *(f"{t:05d}" for t in range(6)), suffix="jpg")
    files(davis / "Annotations" / "480p" / "cows", *(f"{t:05d}" for t in range(6)))
    with pytest.raises(InputError, match=r"are GT and PRED swapped\? .*DAVIS looks like a data set \(davis, 1 seq"):
        paired_sequences(tmp_path / "maps", davis, ALL)


def test_frames_of_a_data_set_are_no_maps(tmp_path: Path) -> None:
    """FBMS keeps its frames where maps would lie, under the names that maps have."""
    made = fbms(tmp_path)
    for name, frames in made.frames.items():
        files(tmp_path / "maps" / name, *frames)
    with pytest.raises(InputError, match=r"one of its frames, no map; are GT and PRED swapped\?"):
        paired_sequences(tmp_path / "maps", made.root, ALL)


def test_sparse_masks_given_for_maps_are_asked_about(tmp_path: Path) -> None:
    files(tmp_path / "maps" / "cows", *(f"{t:05d}" for t in range(11)))
    files(tmp_path / "gt" / "cows", "00000", "00005", "00010")
    with pytest.raises(
        InputError, match=r"frame 00001 of cows \(nor for 7 more\).*are GT and PRED swapped\? .*far fewer"
    ):
        paired_sequences(tmp_path / "maps", tmp_path / "gt", ALL)


def test_a_data_set_without_truth_is_no_truth(tmp_path: Path) -> None:
    files(tmp_path / "VOS" / "1" / "Imgs", "0", "1")
    with pytest.raises(InputError, match="VOS: no truth masks"):
        scored_dataset(tmp_path / "VOS")
