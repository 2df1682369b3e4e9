"""One scanner of training data: every layout, natural order, one grey mask a frame."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from map_files import write
from published_layouts import LAYOUTS, Published, fbms, grey, mask, photo, segtrack_v2, visal

from vsodboost.data.errors import UsageError
from vsodboost.training.data import is_stills, read_stills, read_videos
from vsodboost.training.files import list_files


def davis(root: Path, names: list[str], labelled: list[str]) -> Path:
    """A DAVIS root of one sequence, of whose frames the grey level tells the place in ``names``."""
    for t, name in enumerate(names):
        write(root / "JPEGImages" / "cows" / f"{name}.png", np.full((48, 64, 3), 10 * t, np.uint8))
        if name in labelled:
            write(root / "Annotations" / "cows" / f"{name}.png", grey(mask(0, t)))
    return root


def test_frames_without_padding_are_in_their_order_so_neighbours_are_neighbours(tmp_path: Path) -> None:
    names = [str(t) for t in range(1, 13)]
    root = davis(tmp_path, names, names)
    (video,) = list_files([root]).videos
    assert [frame.stem for frame in video.frames] == names
    assert [found.stem for found in video.masks if found] == names
    (read,) = read_videos(root)
    assert [int(frame[0, 0, 0]) for frame in read.frames] == [10 * t for t in range(12)]
    np.testing.assert_array_equal(read.truth[9], grey(mask(0, 9)))


def test_motion_is_learned_between_true_neighbours_only(tmp_path: Path) -> None:
    """Frames 0, 1 and 5, 6, 7 have truth; 3 has, too, but no neighbour of it."""
    root = davis(tmp_path, list("01234567"), list("013567"))
    found = read_videos(root)
    assert [(video.name, len(video)) for video in found] == [("cows", 2), ("cows@5", 3)]
    assert [int(frame[0, 0, 0]) for frame in found[1].frames] == [50, 60, 70]


def test_sparse_truth_has_no_neighbours_to_learn_from(tmp_path: Path) -> None:
    made = visal(tmp_path)
    with pytest.raises(UsageError, match=r"DataViSal: no sequence with two annotated frames in a row.*single frames"):
        read_videos(made.root)
    assert [video.labelled for video in list_files([made.root]).videos] == [[0, 5, 10], [0, 5, 10]]


@pytest.fixture(params=[name for name in LAYOUTS if not name.startswith("plain")])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Published:
    return LAYOUTS[request.param](tmp_path)


def test_every_layout_gives_a_grey_mask_a_frame(made: Published, tmp_path: Path) -> None:
    found = list_files([made.root], tmp_path / "united")
    assert is_stills(made.root) == (not found.videos) == bool(found.stills)
    pairs = list(found.stills)
    for video in found.videos:
        assert [frame.stem for frame in video.frames] == made.frames[video.name]
        pairs += [(frame, own) for frame, own in zip(video.frames, video.masks, strict=True) if own is not None]
    expected = [truth for truths in made.truths.values() for truth in truths.values()]
    assert len(pairs) == len(expected)
    for (_, own), truth in zip(pairs, expected, strict=True):
        np.testing.assert_array_equal(cv2.imread(str(own), cv2.IMREAD_GRAYSCALE) > 127, truth)


def test_united_masks_are_written_once_and_only_where_they_are_needed(tmp_path: Path) -> None:
    made = segtrack_v2(tmp_path)
    (bmx, girl) = list_files([made.root], tmp_path / "united").videos
    assert bmx.masks[0] == tmp_path / "united" / "SegTrackv2" / "bmx" / "bmx_06_000.png"
    assert all(own is not None and own.is_relative_to(made.root) for own in girl.masks)
    before = (tmp_path / "united" / "SegTrackv2" / "bmx" / "bmx_06_000.png").stat().st_mtime_ns
    list_files([made.root], tmp_path / "united")
    assert (tmp_path / "united" / "SegTrackv2" / "bmx" / "bmx_06_000.png").stat().st_mtime_ns == before
    with pytest.raises(UsageError, match=r"bmx_06_000\.png: its truth is coded or lies in several files"):
        list_files([made.root])
    with pytest.raises(UsageError, match="coded"):
        list_files([fbms(tmp_path / "other").root])


def test_stills_are_read_in_pairs(tmp_path: Path) -> None:
    for t in (10, 9):
        write(tmp_path / "images" / f"{t}.jpg", photo(t))
        write(tmp_path / "masks" / f"{t}.bmp", grey(mask(0, t)))
    write(tmp_path / "images" / "11.jpg", photo(11))  # nobody drew a mask of it
    assert [image.stem for image, _ in list_files([tmp_path]).stills] == ["9", "10"]
    pairs = read_stills(tmp_path, long_side=32)
    assert [truth.shape for _, truth in pairs] == [(24, 32), (24, 32)]


def test_frames_or_masks_alone_are_no_training_data(tmp_path: Path) -> None:
    write(tmp_path / "masks" / "cows" / "0.png", grey(mask(0, 0)))
    write(tmp_path / "frames" / "JPEGImages" / "cows" / "0.jpg", photo(0))
    for root in (tmp_path / "masks", tmp_path / "frames"):
        with pytest.raises(UsageError, match=f"{root}: no training data; it needs JPEGImages/SEQUENCE"):
            list_files([root])
