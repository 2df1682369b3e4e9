"""Which frames are labelled, and which of them are next to a frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from moving_square import square_video, write_labels

from vsodboost.boosters.labels.labelled_frames import LabelledFrame, VideoLabels, mask_at, read_video_labels
from vsodboost.boosters.labels.reading import LabelFolder
from vsodboost.data.errors import InputError
from vsodboost.io.array_source import ArraySource


def labels_at(*indices: int, cuts: tuple[int, ...] = ()) -> VideoLabels:
    """Labels of frames with nothing in them."""
    frame, mask = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.uint8)
    return VideoLabels(tuple(LabelledFrame(i, str(i), frame, mask, f"{i}.png") for i in indices), cuts)


def sides(labels: VideoLabels, index: int) -> tuple[int | None, int | None]:
    """Indices of the neighbours."""
    before, after = labels.neighbours(index)
    return before.index if before else None, after.index if after else None


def test_nearest_labels_on_both_sides() -> None:
    labels = labels_at(3, 8, 20)
    assert [sides(labels, t) for t in (0, 3, 5, 8, 19, 25)] == [
        (None, 3), (3, 8), (3, 8), (8, 20), (8, 20), (20, None),
    ]  # fmt: skip


def test_a_cut_keeps_labels_apart() -> None:
    labels = labels_at(3, 8, 20, cuts=(6, 15))
    assert [sides(labels, t) for t in (4, 6, 12, 14, 15, 30)] == [
        (3, None), (None, 8), (8, None), (8, None), (None, 20), (20, None),
    ]  # fmt: skip
    assert sides(labels_at(3, cuts=(6,)), 7) == (None, None)


def test_other_labels_than_the_frames_own() -> None:
    labels = labels_at(3, 8, 20, cuts=(15,))
    others = [labels.others(t) for t in (3, 5, 8, 12, 20)]
    assert [(a.index if a else None, b.index if b else None) for a, b in others] == [
        (None, 8), (3, 8), (3, None), (8, None), (None, None),
    ]  # fmt: skip


def test_positions_of_a_few_pseudo_labels_between_two_labels() -> None:
    """Every floor(l / (m + 1)) frames."""
    labels = labels_at(0, 10)
    chosen = {m: [t for t in range(12) if labels.is_between(t, m)] for m in (0, 1, 2, 3, 9)}
    assert chosen == {0: [], 1: [5], 2: [3, 6], 3: [2, 4, 6], 9: [1, 2, 3, 4, 5, 6, 7, 8, 9]}
    assert [t for t in range(3) if labels_at(0, 2).is_between(t, 5)] == [1]


def test_labels_near_a_buffer() -> None:
    labels = labels_at(0, 4, 8, 12, 16)
    assert [f.index for f in labels.near(5, 10, 1)] == [4, 12]
    assert [f.index for f in labels.near(5, 10, 9)] == [0, 4, 12, 16]
    assert labels.near(0, 20, 3) == []


def test_reading_finds_labels_by_name_and_names_the_others(tmp_path: Path) -> None:
    frames, masks = square_video(7)
    folder = write_labels(tmp_path, masks, (2, 5))
    write_labels(tmp_path, np.repeat(masks, 2, axis=0), (13,))
    labels = read_video_labels(ArraySource(frames, name="clip"), LabelFolder(folder), limit=3)
    assert labels.indices == [2, 5]
    assert labels.unmatched == ("00013.png",)
    assert labels.frames[0].frame.shape == (*labels.frames[0].mask.shape, 3)
    height, width = labels.frames[0].mask.shape
    assert labels.frames[1].map[:, : width // 5].max() == 0
    assert labels.frames[1].map[height // 2, int(width * 40 / 112)] == 1


def test_a_cut_is_found_while_reading(tmp_path: Path) -> None:
    frames, masks = square_video(8)
    frames[5:] = 255 - frames[5:, ::-1]
    labels = read_video_labels(ArraySource(frames), LabelFolder(write_labels(tmp_path, masks, (1, 6))))
    assert labels.cuts == (5,)
    assert sides(labels, 4) == (1, None)


def test_no_label_of_this_video(tmp_path: Path) -> None:
    frames, masks = square_video(3)
    folder = write_labels(tmp_path, np.repeat(masks, 3, axis=0), (8,))
    with pytest.raises(InputError, match=r"no label belongs to a frame of 'clip'.*00000.*00008\.png"):
        read_video_labels(ArraySource(frames, name="clip"), LabelFolder(folder))


def test_labels_of_another_size() -> None:
    label = np.zeros((4, 8), np.float32)
    label[:2, :4] = 1
    assert mask_at(label, (2, 4)).tolist() == [[255, 255, 0, 0], [0, 0, 0, 0]]
    larger = mask_at(label, (16, 32))
    assert larger.shape == (16, 32)
    assert larger[:6, :14].min() == 255
    assert larger[10:].max() == 0
