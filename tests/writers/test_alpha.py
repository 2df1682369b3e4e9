"""Cutouts as films and pictures: the alpha that is read back is the map."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from small_buffers import discs, pictures, small_buffer, written

from vsodboost.data.errors import UsageError
from vsodboost.io.array_source import ArraySource
from vsodboost.registry.interfaces import Request
from vsodboost.registry.writer import VideoOutput
from vsodboost.writers import alpha, cutout
from vsodboost.writers.frame_files import FrameFiles


@pytest.mark.parametrize("kind", ["png", "mov", "webm"])
def test_the_alpha_is_the_map(tmp_path: Path, kind: str) -> None:
    frames, maps = discs()
    summary = written(alpha.build(Request(argument=kind)), tmp_path, small_buffer(frames, maps))
    assert summary["warnings"] == []
    if kind == "png":
        read = pictures(tmp_path / "alpha")
        assert (tmp_path / "alpha" / "00000.png").is_file()
    else:
        with av.open(str(tmp_path / f"alpha.{kind}")) as container:
            stream = container.streams.video[0]
            decoder = av.CodecContext.create("libvpx-vp9", "r") if kind == "webm" else stream.codec_context
            read = [f.to_ndarray(format="rgba") for p in container.demux(stream) for f in decoder.decode(p)]
            if kind == "webm":
                assert stream.metadata["alpha_mode"] == "1"
    assert len(read) == len(maps)
    for image, wanted in zip(read, maps, strict=True):
        error = np.abs(image[..., 3].astype(int) - np.rint(wanted * 255))
        assert error.max() == 0 if kind == "png" else error.mean() <= 2
        inside = wanted > 0.6
        assert np.abs(image[inside][:, :3].astype(int) - (220, 60, 40)).mean() < 12


def test_a_hard_cutout(tmp_path: Path) -> None:
    frames, maps = discs(1)
    maps[0, 2:4, 2:4] = 1  # a speck
    written(alpha.build(Request(argument="png", options={"solid": "on"})), tmp_path, small_buffer(frames, maps))
    (image,) = pictures(tmp_path / "alpha")
    assert image[2, 2, 3] == 0 and image[24, 20, 3] == 255 and np.isin(image[..., 3], (0, 255)).mean() > 0.9


def test_pictures_of_an_earlier_run_are_gone(tmp_path: Path) -> None:
    (tmp_path / "cutout").mkdir()
    for name in ("00099.png", ".vsodboost-tmp-1.png", "mine.txt"):
        (tmp_path / "cutout" / name).write_text("old")
    source = ArraySource(np.zeros((1, 8, 8, 3), np.uint8))
    FrameFiles(VideoOutput(tmp_path, source, (8, 8), resumed=True), "cutout")
    assert sorted(path.name for path in (tmp_path / "cutout").iterdir()) == ["00099.png", "mine.txt"]
    FrameFiles(VideoOutput(tmp_path, source, (8, 8)), "cutout")
    assert [path.name for path in (tmp_path / "cutout").iterdir()] == ["mine.txt"]


def test_wrong_options_are_refused_in_a_line() -> None:
    for options, words in (
        ({"solid": "perhaps"}, "solid=perhaps is neither on nor off"),
        ({"largest": "0"}, "largest=0 is no number of parts"),
        ({"foreground": "magic"}, "there are fast, pymatting and off"),
        ({"background": "no-such-colour"}, "no colour"),
    ):
        with pytest.raises(UsageError, match=words):
            cutout.build(Request(options=options))
    with pytest.raises(UsageError, match="alpha:mov"):
        alpha.build(Request(argument="avi"))
