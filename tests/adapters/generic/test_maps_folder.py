"""``maps:DIR``: maps of the frames, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mask_files import masks, numbers, photograph, save, save_all
from vsodboost_adapters.generic.maps_folder import MapsTarget, build

from vsodboost.data.errors import InputError, UsageError
from vsodboost.data.types import Clip, Frames
from vsodboost.io.colour_facts import luminance
from vsodboost.registry.interfaces import Request
from vsodboost.targets.network_target import notes_of

FRAMES = np.stack([photograph(t) for t in range(3)])


def clip(video: str = "move", frames: Frames = FRAMES) -> Clip:
    """A clip whose frames have numbers for names."""
    return Clip(frames, tuple(f"{t:05d}" for t in range(len(frames))), video)


def test_maps_come_at_the_frames_size_and_their_reading_is_said(tmp_path: Path) -> None:
    save_all(tmp_path / "move", [n[::2, ::2] for n in numbers()])
    save_all(tmp_path / "other", [m.astype(np.uint8) * 255 for m in masks()])
    target = build(Request(argument=str(tmp_path)))
    assert notes_of(target) == []
    maps = target.predict(clip())
    assert maps.shape == FRAMES.shape[:3] and maps.dtype == np.float32
    assert ((maps > 0.5) != np.stack(masks())).mean() < 0.01
    assert notes_of(target) == ["the maps hold object numbers (1, 2), read as one mask"]
    target.predict(clip("other"))
    assert notes_of(target) == []  # those of the last video only


def test_another_aspect_ratio_is_said_once(tmp_path: Path) -> None:
    save_all(tmp_path / "move", [m[:, :96].astype(np.uint8) * 255 for m in masks()])
    target = MapsTarget(tmp_path)
    target.predict(clip())
    [note] = target.notes
    assert note == "the map of frame 00000 is 96x96, the frame 160x96: of another aspect ratio, so it is stretched " \
        "to the frame's"  # fmt: skip


def test_turned_maps_are_refused(tmp_path: Path) -> None:
    save_all(tmp_path / "move", [m.T.astype(np.uint8) * 255 for m in masks()])
    with pytest.raises(InputError, match="the map of frame 00000 is 96x160, the frame 160x96: of the other"):
        MapsTarget(tmp_path).predict(clip())


def test_frames_in_grey_are_no_maps(tmp_path: Path) -> None:
    """Dark ones, that might be maps by themselves."""
    dark = FRAMES // 8
    save_all(tmp_path / "move", [luminance(frame) for frame in dark])
    with pytest.raises(InputError, match=r"the map of frame 00000 in .* is the frame itself"):
        MapsTarget(tmp_path).predict(clip(frames=dark * 4))


def test_maps_matched_by_number_are_said(tmp_path: Path) -> None:
    for t, mask in enumerate(masks()):
        save(tmp_path / "move" / f"{t}_sal.png", mask.astype(np.uint8) * 255)
    target = MapsTarget(tmp_path)
    target.predict(clip())
    assert "by the number in their names, as 0_sal.png to frame 00000" in target.notes[0]


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no folder"):
        build(Request(argument=str(tmp_path / "nowhere")))


def test_maps_of_the_ground_are_turned_round(tmp_path: Path) -> None:
    save_all(tmp_path / "move", [np.where(m, 0, 255).astype(np.uint8) for m in masks()])
    maps = build(Request(argument=str(tmp_path), options={"invert": "on"})).predict(clip())
    assert ((maps > 0.5) == np.stack(masks())).all()
