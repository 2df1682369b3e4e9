"""Maps out, never outside the output folder."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from vsodboost.data.errors import InputError, UsageError
from vsodboost.io.map_folder import MapFolder
from vsodboost.io.output_paths import printable, refuse_output_over_input, safe_name, video_folder
from vsodboost.writers.maps import map_to_uint8, write_map


def test_maps_are_8_bit_grey_and_come_back_within_half_a_level(tmp_path: Path) -> None:
    saliency = np.random.default_rng(0).random((30, 40), np.float32)
    path = write_map(tmp_path / "bear", "00007", saliency)
    assert path == tmp_path / "bear" / "00007.png"
    stored = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert stored.dtype == np.uint8 and stored.shape == (30, 40)
    np.testing.assert_allclose(MapFolder(tmp_path).read("bear", "00007"), saliency, atol=0.5 / 255 + 1e-6)


def test_levels_are_rounded_and_clipped() -> None:
    values = np.array([[-0.1, 0.0, 0.4 / 255, 0.6 / 255, 0.5, 1.0, 1.2]], np.float32)
    assert map_to_uint8(values).tolist() == [[0, 0, 0, 1, 128, 255, 255]]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_no_number_is_refused(tmp_path: Path, bad: float) -> None:
    with pytest.raises(ValueError, match="NaN or infinity"):
        write_map(tmp_path / "bear", "0", np.array([[bad]], np.float32))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/etc/x", "a/b", "a\\b", "C:\\x", ".hidden", "a\0b", "a\nb"])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    with pytest.raises(InputError, match="rename the video or frame"):
        video_folder(out, name)
    with pytest.raises(InputError, match="rename the video or frame"):
        write_map(out / "bear", name, np.zeros((2, 2), np.float32))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["00000", "a b", "clip..v2", "…übung", "x" * 220])
def test_other_names_are_kept(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("name", "said"), [(os.fsdecode(b"caf\xe9"), "not UTF-8"), ("x" * 221, "too long"), ("ä" * 111, "too long")]
)
def test_names_that_file_systems_or_tables_do_not_take_are_refused(name: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        safe_name(name)
    assert str(caught.value).isprintable()


def test_any_name_can_be_printed() -> None:
    assert printable(Path("äöü/take 1")) == "äöü/take 1"
    assert printable(os.fsdecode(b"caf\xe9\n\x1b[31m")) == "caf\\udce9\\n\\x1b[31m"


def test_a_link_out_of_the_output_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "bear").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="leads out of"):
        video_folder(tmp_path / "out", "bear")


def test_the_output_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk")
    write_map(video_folder(tmp_path / "out", "bear"), "0", np.zeros((2, 2), np.float32))
    assert (tmp_path / "disk" / "bear" / "0.png").exists()


def test_frames_are_never_overwritten_by_their_maps(tmp_path: Path) -> None:
    (tmp_path / "bear").mkdir()
    with pytest.raises(UsageError, match="is the input itself"):
        refuse_output_over_input(tmp_path, "bear", tmp_path / "bear")
    refuse_output_over_input(tmp_path / "out", "bear", tmp_path / "bear")
