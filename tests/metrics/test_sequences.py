from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from map_files import write, write_sequence

from vsodboost.data.errors import InputError, UsageError
from vsodboost.metrics.protocols import ALL, DAVSOD
from vsodboost.metrics.sequences import common_sequences, paired_sequences, truth_sequences

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
    assert [pair.truth.stem for pair in cows.pairs] == ["2", "9", "10"]


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
    with pytest.raises(InputError, match="protocol davsod leaves none of its 2 frames"):
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
