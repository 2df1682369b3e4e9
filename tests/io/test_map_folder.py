"""Anybody's map folders, and their nuisances."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from shared_data import shared

from vsodboost.data.errors import InputError, UsageError
from vsodboost.io.map_folder import MapFolder


def write_maps(folder: Path, stems: Iterable[str], suffix: str = "png") -> Path:
    """Maps of constant level, the n-th written 40 n/255."""
    folder.mkdir(parents=True, exist_ok=True)
    for level, stem in enumerate(stems):
        Image.fromarray(np.full((6, 8), 40 * level, np.uint8)).save(folder / f"{stem}.{suffix}")
    return folder


def level(folder: MapFolder, video: str, name: str) -> int:
    """Which of the written maps came back."""
    saliency = folder.read(video, name)
    assert saliency.dtype == np.float32 and saliency.shape == (6, 8)
    return round(float(saliency.mean()) * 255 / 40)


@pytest.mark.parametrize("suffix", ["png", "bmp", "jpg", "PNG"])
def test_a_folder_a_video(tmp_path: Path, suffix: str) -> None:
    write_maps(tmp_path / "bear", ["00000", "00001"], suffix)
    write_maps(tmp_path / "cows", ["00000", "00001", "00002"], suffix)
    maps = MapFolder(tmp_path)
    assert [level(maps, "bear", "00001"), level(maps, "cows", "00002")] == [1, 2]


def test_the_maps_of_one_video_in_the_root_itself(tmp_path: Path) -> None:
    maps = MapFolder(write_maps(tmp_path, ["00000", "00001"]))
    assert level(maps, "bear", "00001") == 1
    with pytest.raises(InputError, match=r"no maps for 'cows'.*taken for 'bear'.*folder of its own"):
        maps.read("cows", "00001")


def test_a_missing_root() -> None:
    with pytest.raises(UsageError, match="nowhere does not exist"):
        MapFolder("nowhere")


def test_a_file_as_root(tmp_path: Path) -> None:
    (tmp_path / "map.png").touch()
    with pytest.raises(UsageError, match="is not a folder"):
        MapFolder(tmp_path / "map.png")


def test_a_video_without_maps_names_the_folders_looked_in(tmp_path: Path) -> None:
    write_maps(tmp_path / "bear", ["00000"])
    with pytest.raises(InputError, match=rf"no maps for 'cows'.*{tmp_path.name}/cows.*{tmp_path.name} itself"):
        MapFolder(tmp_path).read("cows", "00000")


def test_a_missing_map_is_named_with_what_is_there(tmp_path: Path) -> None:
    write_maps(tmp_path / "bear", ["00000", "00002", "00004"])
    maps = MapFolder(tmp_path)
    with pytest.raises(InputError, match=r"frame 00001 of 'bear' in .*bear, which holds 3 maps, 00000 to 00004"):
        maps.read("bear", "00001")
    with pytest.raises(InputError, match=r"frame 00001 of 'bear' in .*bear: 3 of 5 frames have one"):
        maps.check("bear", [f"{index:05d}" for index in range(5)])
    maps.check("bear", ["00000", "00002", "00004"])


def test_a_damaged_map_is_named(tmp_path: Path) -> None:
    write_maps(tmp_path / "bear", ["00000"])
    (tmp_path / "bear" / "00000.png").write_text("no picture")
    with pytest.raises(InputError, match=r"bear/00000\.png"):
        MapFolder(tmp_path).read("bear", "00000")


@pytest.mark.parametrize(
    ("maps", "frames"),
    [
        (["frame_0001", "frame_0002"], ["0001", "0002"]),
        (["0001", "0002"], ["frame_0001", "frame_0002"]),
        (["1", "2", "10"], ["00001", "00002", "00010"]),
        (["00001", "00002"], ["1", "2"]),
        (["00001_sal", "00002_sal"], ["00001", "00002"]),
        (["clip2_0001_v3", "clip2_0002_v3"], ["00001", "00002"]),
        (["map7"], ["00007"]),
    ],
)
def test_padding_prefix_and_suffix_are_passed_over(tmp_path: Path, maps: list[str], frames: list[str]) -> None:
    folder = MapFolder(write_maps(tmp_path / "bear", maps).parent)
    assert [level(folder, "bear", name) for name in frames] == list(range(len(frames)))


@pytest.mark.parametrize(
    ("maps", "frame"),
    [
        (["a_0001", "b_0001"], "0001"),  # two maps of frame 1
        (["1", "01"], "001"),
        (["1_2", "2_1"], "1"),  # two numbers vary
        (["0001", "0002"], "clip2_0001"),  # two numbers in the frame's name
        (["0001", "0002", "average"], "1"),  # not all of one pattern
        (["first", "second"], "1"),
    ],
)
def test_nothing_is_guessed_where_it_could_go_wrong(tmp_path: Path, maps: list[str], frame: str) -> None:
    folder = MapFolder(write_maps(tmp_path / "bear", maps).parent)
    with pytest.raises(InputError, match=f"no map for frame {frame}"):
        folder.read("bear", frame)


def test_an_exact_name_comes_first(tmp_path: Path) -> None:
    folder = MapFolder(write_maps(tmp_path / "bear", ["1", "01", "average"]).parent)
    assert [level(folder, "bear", name) for name in ("1", "01", "average")] == [0, 1, 2]


@pytest.mark.parametrize("stem", ["{}", "{:05d}_sal"])
def test_maps_counted_from_one_are_not_shifted(tmp_path: Path, stem: str) -> None:
    folder = MapFolder(write_maps(tmp_path / "bear", [stem.format(n) for n in (1, 2, 3)]).parent)
    with pytest.raises(InputError, match=r"bear: the maps are numbered to 3, the frames from 0 to 2.*name the maps"):
        folder.check("bear", ["00000", "00001", "00002"])


@pytest.mark.parametrize(
    ("maps", "frames"),
    [
        (["1", "2"], ["00000", "00001", "00002", "00003"]),  # the last is missing, or they count from 1
        (["frame1"], ["00000", "00001", "00002"]),
        (["5", "10"], [f"{index:05d}" for index in range(1, 13)]),  # of every fifth, or counted from 0
        (["0_sal", "1_sal"], ["00001", "00002"]),
        (["0", "1", "2"], ["00002", "00003", "00004"]),
    ],
)
def test_numbers_that_may_count_from_another_base_are_refused(
    tmp_path: Path, maps: list[str], frames: list[str]
) -> None:
    folder = MapFolder(write_maps(tmp_path / "bear", maps).parent)
    with pytest.raises(InputError, match=r"bear: .*counte?d? ?.*from.*name the maps as the frames"):
        folder.available("bear", frames)
    with pytest.raises(InputError, match="name the maps as the frames"):
        for name in frames:  # as a run asks for them, frame by frame
            folder.file("bear", name)


def test_which_frames_have_a_map(tmp_path: Path) -> None:
    folder = MapFolder(write_maps(tmp_path / "bear", ["0_sal", "2_sal"]).parent)
    assert folder.available("bear", ["00000", "00001", "00002", "00003"]).tolist() == [True, False, True, False]
    [note] = folder.notes("bear")
    assert note == "the maps were matched to frames by the number in their names, as 0_sal.png to frame 00000"


def test_names_that_say_the_frame_need_no_note(tmp_path: Path) -> None:
    folder = MapFolder(write_maps(tmp_path / "bear", ["00000", "00005"]).parent)
    assert folder.available("bear", ["00000", "00001", "00005"]).tolist() == [True, False, True]
    assert folder.notes("bear") == []


def test_a_number_written_as_in_the_frames_name_is_the_frames(tmp_path: Path) -> None:
    folder = MapFolder(write_maps(tmp_path / "bear", ["00005_mask", "00009_mask"]).parent)
    assert folder.available("bear", [f"{index:05d}" for index in range(12)]).nonzero()[0].tolist() == [5, 9]


def test_the_maps_of_a_video_are_read_in_one_way(tmp_path: Path) -> None:
    """The second map has small numbers only; the first shows that they are dim, not objects."""
    ramp = np.linspace(0, 255, 96 * 64).reshape(64, 96)
    (tmp_path / "bear").mkdir()
    for name, saliency in (("00000", ramp), ("00001", ramp / 120)):
        Image.fromarray(saliency.astype(np.uint8)).save(tmp_path / "bear" / f"{name}.png")
    assert MapFolder(tmp_path).read("bear", "00001").max() == pytest.approx(2 / 255)


def test_other_images_beside_the_maps_do_not_matter(tmp_path: Path) -> None:
    write_maps(tmp_path / "bear", [f"{index:05d}" for index in range(4)])
    for name in ("contact_sheet", "overview"):
        noise = np.random.default_rng(0).integers(0, 255, (40, 50, 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / "bear" / f"{name}.png")
    assert level(MapFolder(tmp_path), "bear", "00003") == 3


def test_two_maps_of_one_name(tmp_path: Path) -> None:
    write_maps(tmp_path / "bear", ["00000"], "png")
    write_maps(tmp_path / "bear", ["00000"], "jpg")
    with pytest.raises(InputError, match=r"00000\.jpg and 00000\.png"):
        MapFolder(tmp_path).read("bear", "00000")


def test_the_maps_of_real_models_open() -> None:
    soft = MapFolder(shared("data", "maps", "CSNet")).read("blackswan", "00000")
    assert soft.shape == (240, 427) and 0 <= soft.min() < soft.max() <= 1
    binary = MapFolder(shared("data", "maps", "PDB")).read("blackswan", "00000")
    assert binary.shape == (480, 854) and sorted(np.unique(binary)) == [0.0, 1.0]
