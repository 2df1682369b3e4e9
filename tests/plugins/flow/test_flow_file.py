"""Flow files: Middlebury's format byte by byte, NumPy archives, damaged files."""

import struct
from pathlib import Path

import numpy as np
import pytest
from vsodboost_plugins.flow.flow_file import read_flow, resized_flow, write_flo

from vsodboost.data.errors import InputError, VsodboostError


def ramp(height: int = 3, width: int = 4) -> np.ndarray:
    return np.arange(height * width * 2, dtype=np.float32).reshape(height, width, 2) / 8 - 1


def test_what_is_written_is_middleburys_format(tmp_path: Path) -> None:
    write_flo(tmp_path / "new" / "a.flo", ramp())
    data = (tmp_path / "new" / "a.flo").read_bytes()
    assert struct.unpack("<f", data[:4]) == (202021.25,)  # the format's own check value, which spells PIEH
    assert struct.unpack("<2i", data[4:12]) == (4, 3)  # width, height
    assert struct.unpack("<4f", data[12:28]) == (-1.0, -0.875, -0.75, -0.625)  # u, v of the first two pixels of row 0
    assert np.array_equal(read_flow(tmp_path / "new" / "a.flo"), ramp())
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.flo"]


@pytest.mark.parametrize("name", ["flow", "arr_0", "anything"])
@pytest.mark.parametrize("channels_first", [True, False])
def test_npz_holds_one_array_in_either_order(tmp_path: Path, name: str, channels_first: bool) -> None:
    stored = ramp().transpose(2, 0, 1) if channels_first else ramp()
    np.savez(tmp_path / "a.npz", **{name: stored.astype(np.float64)})
    flow = read_flow(tmp_path / "a.npz")
    assert flow.dtype == np.float32 and np.array_equal(flow, ramp())


def test_of_several_arrays_the_one_called_flow_is_taken(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", flow=ramp(), valid=np.ones((3, 4)))
    assert np.array_equal(read_flow(tmp_path / "a.npz"), ramp())


def test_unknown_flow_counts_as_none(tmp_path: Path) -> None:
    flow = ramp()
    flow[0, 0] = (1.7e9, 3)
    flow[1, 2, 1] = np.nan
    write_flo(tmp_path / "a.flo", flow)
    expected = ramp()
    expected[0, 0] = expected[1, 2] = 0
    assert np.array_equal(read_flow(tmp_path / "a.flo"), expected)


def test_damaged_and_foreign_files_are_named_in_one_line(tmp_path: Path) -> None:
    write_flo(tmp_path / "whole.flo", ramp())
    whole = (tmp_path / "whole.flo").read_bytes()
    np.savez(tmp_path / "many.npz", a=ramp(), b=ramp())
    np.savez(tmp_path / "shape.npz", ramp()[..., 0])
    np.savez(tmp_path / "text.npz", np.full((2, 2, 2), "x"))
    with (tmp_path / "plain.npz").open("wb") as file:
        np.save(file, ramp())
    damaged = {
        "short.flo": whole[:-1],
        "long.flo": whole + b"x",
        "head.flo": whole[:6],
        "text.flo": b"not flow at all",
        "huge.flo": whole[:4] + struct.pack("<2i", 1 << 30, 1 << 30),
        "minus.flo": whole[:4] + struct.pack("<2i", -1, 3),
        "cut.npz": (tmp_path / "many.npz").read_bytes()[:200],
        "empty.npz": b"",
    }
    for name, data in damaged.items():
        (tmp_path / name).write_bytes(data)
    for name in (*damaged, "many.npz", "shape.npz", "text.npz", "plain.npz", "absent.flo", "absent.npz"):
        with pytest.raises(InputError, match=name.replace(".", r"\.")) as raised:
            read_flow(tmp_path / name)
        assert "\n" not in str(raised.value)


def test_only_flow_is_written(tmp_path: Path) -> None:
    for wrong in (np.zeros((3, 4)), np.zeros((3, 4, 3)), np.zeros((0, 4, 2))):
        with pytest.raises(ValueError, match=r"must be \[H, W, 2\]"):
            write_flo(tmp_path / "a.flo", wrong.astype(np.float32))
    (tmp_path / "file").write_text("")
    with pytest.raises(VsodboostError, match="cannot write"):
        write_flo(tmp_path / "file" / "a.flo", ramp())


@pytest.mark.parametrize("size", [(5, 30), (40, 80), (20, 30)])
def test_another_size_means_other_px(size: tuple[int, int]) -> None:
    flow = np.broadcast_to(np.array((3, -4), np.float32), (20, 40, 2))
    expected = (3 * size[1] / 40, -4 * size[0] / 20)
    resized = resized_flow(np.ascontiguousarray(flow), *size)
    assert resized.shape == (*size, 2) and resized.dtype == np.float32 and np.allclose(resized, expected)
