"""Colours as players show them: HD that does not say its matrix, HDR, and pixels that are not square."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tiny_videos import write_matrix

from vsodboost.data.video import Frame, pixel_aspect_of
from vsodboost.io.colours import sdr
from vsodboost.io.film import H264, PRORES_4444, Film
from vsodboost.io.film_parts import FilmParts
from vsodboost.io.frame_times import TimedSource
from vsodboost.io.part import Part
from vsodboost.io.video_file import VideoFile

RED = np.array([200, 60, 60], np.uint8)


def written(path: Path, size: tuple[int, int], matrix: str, aspect: Fraction | None = None) -> VideoFile:
    """A film of one red frame that was converted by ``matrix`` and says nothing of it."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "1"})
        stream.height, stream.width = size
        stream.pix_fmt = "yuv420p"
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        frame = av.VideoFrame.from_ndarray(np.broadcast_to(RED, (*size, 3)).copy(), format="rgb24")
        container.mux(stream.encode(frame.reformat(format="yuv420p", dst_colorspace=matrix)))
        container.mux(stream.encode(None))
    return VideoFile(path)


def first(source: VideoFile) -> Frame:
    return next(source.frames())


@pytest.mark.parametrize(("size", "matrix"), [((48, 1280), "ITU709"), ((578, 48), "ITU709"), ((576, 48), "ITU601")])
def test_what_says_no_matrix_has_that_of_its_size(tmp_path: Path, size: tuple[int, int], matrix: str) -> None:
    image = first(written(tmp_path / "clip.mp4", size, matrix)).image.astype(int)
    assert abs(image - RED).max() <= 3  # by the other matrix red is 14 off


@pytest.mark.parametrize(
    ("kind", "code", "value"),
    [
        # White of BT.2408, 203 cd/m2, is 58 % of PQ and 75 % of HLG: 1 is compressed to .8 + .2 * .2 / .4 = .9 of
        # light, and 255 * .9 ** (1 / 2.4) = 244.
        ("PQ", 0.5807, 244),
        ("HLG", 0.75, 244),
        # HLG 0.5 is 1/12 of the scene's light: 1000 * (1/12) ** 1.2 / 203 = .2497, and 255 * .2497 ** (1 / 2.4) = 143.
        ("HLG", 0.5, 143),
        ("PQ", 0.0, 0),
        ("HLG", 0.0, 0),
        ("PQ", 1.0, 255),
    ],
)
def test_hdr_greys_by_hand(kind: str, code: float, value: int) -> None:
    grey = np.full((70, 2, 3), round(code * 65535), np.uint16)  # more rows than a band has
    assert abs(sdr(grey, kind).astype(int) - value).max() <= 1


def test_hdr_highlights_keep_their_hue_and_primaries_are_converted() -> None:
    orange = np.array([[[60000, 50000, 30000]]], np.uint16)
    shown = sdr(orange, "HLG", wide=False)[0, 0].astype(int)
    assert shown[0] > shown[1] > shown[2] > 0 and shown[0] < 255
    green = np.array([[[10000, 40000, 10000]]], np.uint16)
    narrow, wide = (sdr(green, "HLG", wide=w)[0, 0].astype(int) for w in (False, True))
    assert wide[1] - wide[0] > narrow[1] - narrow[0]  # the same numbers mean a purer green


@pytest.mark.parametrize(("transfer", "kind"), [(18, "HLG"), (16, "PQ")])
def test_an_hdr_film_is_converted_and_said_to_be(tmp_path: Path, transfer: int, kind: str) -> None:
    if not hasattr(av.VideoFrame, "color_trc"):
        pytest.skip("this PyAV does not tell the transfer of a frame")
    grey = np.full((48, 64, 3), round(0.5807 * 65535) if kind == "PQ" else round(0.75 * 65535), np.uint16)
    with av.open(str(tmp_path / "clip.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p10le"
        context = stream.codec_context
        context.colorspace, context.color_primaries, context.color_trc = 9, 9, transfer
        frame = av.VideoFrame.from_ndarray(grey, format="rgb48le")
        container.mux(stream.encode(frame.reformat(format="yuv420p10le", dst_colorspace=9)))
        container.mux(stream.encode(None))
    source = VideoFile(tmp_path / "clip.mkv")
    assert abs(first(source).image.astype(int) - 244).max() <= 2
    assert any(f"HDR ({kind})" in note for note in source.notes)


def test_pixels_that_are_not_square_stay_so_in_every_film(tmp_path: Path) -> None:
    source = written(tmp_path / "clip.mp4", (48, 64), "ITU601", Fraction(64, 45))
    assert pixel_aspect_of(TimedSource(Part(every=2).of(source))) == Fraction(64, 45)
    for recipe, pictures in ((H264, 3), (PRORES_4444, 4)):
        parts, film = FilmParts(tmp_path, "part", f".{recipe.container}"), tmp_path / f"film.{recipe.container}"
        with Film(parts.begin(0.0), recipe, 10, (48, 64), aspect=source.pixel_aspect) as made:
            made.append(np.zeros((48, 64, pictures), np.uint8))
        parts.join(film, recipe)
        assert VideoFile(film).pixel_aspect == Fraction(64, 45), recipe.container


def test_a_quarter_turn_turns_pixels_too(tmp_path: Path) -> None:
    source = written(tmp_path / "clip.mp4", (48, 64), "ITU601", Fraction(4, 3))
    write_matrix(source.path, (0, 1, -1, 0))
    assert VideoFile(source.path).pixel_aspect == Fraction(3, 4)
    assert pixel_aspect_of(VideoFile(tmp_path / "no.mp4")) == 1
