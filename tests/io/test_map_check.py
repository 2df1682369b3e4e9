"""A folder of maps looked at before any work."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_videos import plain_frames, write_video

from vsodboost.data.errors import InputError
from vsodboost.data.video import UnreadableSource, VideoSource
from vsodboost.datasets.inputs import open_inputs
from vsodboost.io.array_source import ArraySource
from vsodboost.io.map_check import check_maps
from vsodboost.io.map_folder import MapFolder
from vsodboost.io.missing_maps import MissingMaps
from vsodboost.io.part import Part

NAMES = [f"{index:05d}" for index in range(5)]


def pictures(folder: Path, names: Sequence[str], size: tuple[int, int] = (48, 64), mode: str = "L") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        Image.fromarray(np.full(size, 255, np.uint8)).convert(mode).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def bear(tmp_path: Path) -> VideoSource:
    """Five frames of 64x48."""
    return open_inputs([pictures(tmp_path / "bear", NAMES, mode="RGB")])[0]


@pytest.fixture
def clip(tmp_path: Path) -> VideoSource:
    """A file of five frames of 64x48."""
    return open_inputs([write_video(tmp_path / "clip.mp4", plain_frames(5))])[0]


def test_nothing_is_said_of_maps_that_fit(tmp_path: Path, bear: VideoSource, clip: VideoSource) -> None:
    for source in (bear, clip):
        pictures(tmp_path / "maps" / source.name, NAMES, (24, 32))
        assert check_maps(MapFolder(tmp_path / "maps"), source, MissingMaps()) == []
    for frames in (plain_frames(5), iter(plain_frames(5))):
        source = ArraySource(frames, name="x")
        assert check_maps(MapFolder(tmp_path / "maps" / "bear"), source, MissingMaps()) == []


def test_a_frame_without_a_map_is_named(tmp_path: Path, bear: VideoSource, clip: VideoSource) -> None:
    pictures(tmp_path / "maps" / "bear", NAMES[:2])
    with pytest.raises(InputError, match=r"no map for frame 00002 of 'bear'.*2 of 5 frames have one"):
        check_maps(MapFolder(tmp_path / "maps"), bear, MissingMaps())
    pictures(tmp_path / "maps" / "clip", NAMES[1:])
    assert check_maps(MapFolder(tmp_path / "maps"), clip, MissingMaps()) == []  # names are known once decoded
    with pytest.raises(InputError, match="no maps for 'bear'"):
        check_maps(MapFolder(pictures(tmp_path / "none", [])), bear, MissingMaps())


def test_all_maps_named_as_their_neighbours_are_refused(tmp_path: Path, bear: VideoSource, clip: VideoSource) -> None:
    later = [f"{index:05d}" for index in range(1, 6)]
    for source in (bear, clip):
        pictures(tmp_path / "maps" / source.name, later)
        maps = MapFolder(tmp_path / "maps")
        with pytest.raises(InputError, match=r"counted from 1, the frames from 0, .*name the maps as the frames.*fill"):
            check_maps(maps, source, MissingMaps())
        check_maps(maps, source, MissingMaps("fill"))
    frames = open_inputs([pictures(tmp_path / "frames" / "bear", later, mode="RGB")])[0]
    with pytest.raises(InputError, match="counted from 0, the frames from 1"):
        check_maps(MapFolder(pictures(tmp_path / "from0", NAMES)), frames, MissingMaps())
    for kept in (later[:-1], [*NAMES, "00005"], NAMES[:-1]):  # one short at an end, one more: by their names
        check_maps(MapFolder(pictures(tmp_path / f"{kept[0]}-{kept[-1]}", kept)), bear, MissingMaps())


def test_maps_without_a_frame_are_counted(tmp_path: Path, bear: VideoSource, clip: VideoSource) -> None:
    for name in ("bear", "clip"):
        pictures(tmp_path / "maps" / name, [*NAMES, "00005", "00006"])
    maps = MapFolder(tmp_path / "maps")
    assert check_maps(maps, bear, MissingMaps()) == ["2 of 7 maps belong to no frame, the first is 00005.png"]
    assert check_maps(maps, clip, MissingMaps()) == ["there are 7 maps for about 5 frames"]


STRETCHED = "of another aspect ratio, so it is stretched to the frame's"


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((32, 32), ["the map of frame 00000 is 32x32, the frame 64x48: " + STRETCHED]),
        ((25, 33), []),
    ],
)
def test_another_shape_is_said(tmp_path: Path, bear: VideoSource, size: tuple[int, int], said: list[str]) -> None:
    pictures(tmp_path / "maps" / "bear", NAMES, size)
    assert check_maps(MapFolder(tmp_path / "maps"), bear, MissingMaps()) == said


def test_turned_maps_are_refused_before_any_work(tmp_path: Path, bear: VideoSource) -> None:
    pictures(tmp_path / "maps" / "bear", NAMES, (64, 48))
    with pytest.raises(InputError, match="the map of frame 00000 is 48x64, the frame 64x48: of the other orientation"):
        check_maps(MapFolder(tmp_path / "maps"), bear, MissingMaps())


def test_square_frames_have_no_orientation(tmp_path: Path) -> None:
    source = open_inputs([pictures(tmp_path / "bear", NAMES, (48, 48))])[0]
    for size in ((24, 48), (48, 24)):
        pictures(tmp_path / "maps" / "bear", NAMES, size)
        [note] = check_maps(MapFolder(tmp_path / "maps"), source, MissingMaps())
        assert "another aspect ratio" in note


def test_a_mixture_is_said(tmp_path: Path, bear: VideoSource) -> None:
    pictures(tmp_path / "maps" / "bear", NAMES)
    pictures(tmp_path / "maps" / "bear", NAMES[:2], (24, 32), "RGB")
    assert check_maps(MapFolder(tmp_path / "maps"), bear, MissingMaps()) == [
        "maps are of 2 sizes, 3 of them 64x48",
        "maps are of 2 kinds: 3 grey, 2 colour",
    ]


def test_what_is_no_image_is_named_wherever_it_stands(tmp_path: Path, bear: VideoSource) -> None:
    folder = pictures(tmp_path / "maps" / "bear", NAMES)
    (folder / "00004.png").write_bytes(b"not an image")
    with pytest.raises(InputError, match=r"00004\.png is not a readable image"):
        check_maps(MapFolder(tmp_path / "maps"), bear, MissingMaps())
    whole = (folder / "00000.png").read_bytes()
    (folder / "00000.png").write_bytes(whole[: len(whole) // 2])  # the first one is decoded
    with pytest.raises(InputError, match=r"00000\.png is cut short"):
        check_maps(MapFolder(tmp_path / "maps"), bear, MissingMaps())


def test_a_video_without_frames_has_its_own_fault(tmp_path: Path) -> None:
    source = UnreadableSource("one", tmp_path / "one", InputError("one holds no frames"), length=0)
    assert check_maps(MapFolder(tmp_path), source, MissingMaps()) == []


@pytest.mark.parametrize("part", [Part(max_frames=2), Part(every=2), Part(start=0.1, stop=0.2)])
def test_maps_of_frames_outside_of_a_part_are_none_too_many(
    tmp_path: Path, bear: VideoSource, clip: VideoSource, part: Part
) -> None:
    for source in (bear, clip):
        pictures(tmp_path / "maps" / source.name, NAMES)
        assert check_maps(MapFolder(tmp_path / "maps"), part.of(source), MissingMaps()) == []
        pictures(tmp_path / "maps" / source.name, ["00005", "00006"])
    maps = MapFolder(tmp_path / "maps")
    assert check_maps(maps, part.of(bear), MissingMaps()) == ["2 of 7 maps belong to no frame, the first is 00005.png"]
    assert check_maps(maps, part.of(clip), MissingMaps()) == ["there are 7 maps for about 5 frames"]


def test_maps_of_a_part_alone_are_enough_for_it(tmp_path: Path, bear: VideoSource, clip: VideoSource) -> None:
    for source in (bear, clip):
        pictures(tmp_path / "maps" / source.name, NAMES[:2])
        assert check_maps(MapFolder(tmp_path / "maps"), Part(max_frames=2).of(source), MissingMaps()) == []


def test_maps_of_the_whole_named_as_their_neighbours_are_refused_for_a_part(tmp_path: Path, bear: VideoSource) -> None:
    pictures(tmp_path / "maps" / "bear", [f"{index:05d}" for index in range(1, 6)])
    with pytest.raises(InputError, match="counted from 1, the frames from 0"):
        check_maps(MapFolder(tmp_path / "maps"), Part(start=0.1).of(bear), MissingMaps())
