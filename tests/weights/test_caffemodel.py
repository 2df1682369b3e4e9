from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from caffe_writer import caffemodel, field, varint

from vsodboost.data.errors import WeightsError
from vsodboost.weights.caffemodel import read_blobs, read_caffemodel

BLOBS = {
    "conv/0": np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2),
    "conv/1": np.array([0.5, -300.25], np.float32),
    "conv/bn/0": np.linspace(-1, 1, 200, dtype=np.float32).reshape(1, 200, 1, 1),
}


@pytest.mark.parametrize("how", [{}, {"packed": False}, {"double": True}])
def test_reads_every_encoding(how: dict[str, bool]) -> None:
    read = read_blobs(caffemodel(BLOBS, **how))
    assert list(read) == list(BLOBS)
    for name, array in BLOBS.items():
        np.testing.assert_array_equal(read[name], array)
        assert read[name].dtype == np.float32


def test_reads_the_v1_format_with_legacy_shapes() -> None:
    read = read_blobs(caffemodel(BLOBS, v1=True))
    assert read["conv/1"].shape == (1, 1, 1, 2)
    np.testing.assert_array_equal(read["conv/0"], BLOBS["conv/0"])


def test_a_cut_file_is_named_never_half_read(tmp_path: Path) -> None:
    whole, path = caffemodel(BLOBS), tmp_path / "cut.caffemodel"
    last_weight = whole.rindex(b"a layer without") - 20
    for length in range(1, last_weight, 7):
        path.write_bytes(whole[:length])
        try:
            read = read_caffemodel(path)
        except WeightsError as error:
            assert "cut.caffemodel" in str(error)
        else:  # cut exactly between two layers: the layers before it are whole
            assert all(np.array_equal(read[name], BLOBS[name]) for name in read)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 not a caffemodel",
        b"\x80" * 40,
        field(100, field(1, b"conv") + field(7, field(7, field(1, varint(3))) + field(5, b"\0" * 8))),
        field(100, field(1, b"\xff\xfe") + field(7, field(5, b"\0" * 8))),
        field(100, field(1, b"conv") + field(7, field(5, b"\0" * 7))),
        field(100, field(1, b"conv") + field(7, field(7, field(1, varint(1 << 60))) + field(5, b"\0" * 8))),
    ],
    ids=["empty", "zip", "endless number", "size and data differ", "name not text", "half a float", "huge shape"],
)
def test_other_content_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.caffemodel"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"x\.caffemodel: .*$") as caught:
        read_caffemodel(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="nowhere"):
        read_caffemodel(tmp_path / "nowhere.caffemodel")
