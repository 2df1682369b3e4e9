"""Sound of every codec beside films in every container: copied where it can be, else written anew, never in the way."""

from __future__ import annotations

import errno
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tiny_videos import plain_frames, write_sounding

from vsodboost.data.errors import VideoError, VsodboostError
from vsodboost.io.film import H264, PRORES_4444, VP9_ALPHA, Film, Recipe
from vsodboost.io.film_parts import FilmParts
from vsodboost.io.sound import SoundTrack

RECIPES = {"mp4": H264, "mov": PRORES_4444, "webm": VP9_ALPHA}
NEW = {"mp4": "aac", "mov": "pcm_s16le", "webm": "opus"}
CODECS = {  # by encoder: a container for the source, and what takes the sound as it is
    "aac": ("matroska", "mp4 mov"),
    "ac3": ("matroska", "mp4 mov"),
    "alac": ("matroska", "mp4 mov"),
    "flac": ("matroska", "mp4"),
    "libmp3lame": ("matroska", "mp4 mov"),
    "libopus": ("matroska", "mp4 webm"),
    "mp2": ("mpegts", "mp4 mov"),
    "vorbis": ("matroska", "mp4 webm"),
    "wavpack": ("matroska", ""),
    "adpcm_ms": ("avi", ""),
    "pcm_alaw": ("avi", "mov"),
    "pcm_f32le": ("matroska", "mov"),
    "pcm_f64be": ("mov", "mov"),
    "pcm_mulaw": ("avi", "mov"),
    "pcm_s16be": ("matroska", "mov"),
    "pcm_s16le": ("matroska", "mov"),
    "pcm_s24le": ("mp4", "mov"),
    "pcm_s32le": ("avi", "mov"),
    "pcm_s64le": ("nut", ""),
    "pcm_u8": ("avi", "mov"),
}


def write_tone(path: Path, codec: str, container: str, rate: int = 48000, layout: str = "stereo") -> Path:
    """Half a second of a tone beside three pictures."""
    with av.open(str(path), "w", format=container) as film:
        stream = film.add_stream("mpeg4", rate=25)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        tone = film.add_stream(codec, rate=rate, layout=layout, options={"strict": "experimental"})
        if codec == "vorbis":
            tone.codec_context.format = "fltp"
        tone.codec_context.open()
        for image in plain_frames(3):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        film.mux(stream.encode(None))
        channels = len(tone.codec_context.layout.channels)
        wave = np.tile(np.sin(np.arange(rate // 2, dtype=np.float32) * 0.05)[None] / 4, (channels, 1))
        whole = av.AudioFrame.from_ndarray(wave, format="fltp", layout=layout)
        whole.sample_rate, whole.pts, whole.time_base = rate, 0, Fraction(1, rate)
        plain = av.AudioResampler(tone.codec_context.format, layout, rate, frame_size=tone.frame_size or None)
        for part in (*plain.resample(whole), *plain.resample(None)):
            film.mux(tone.encode(part))
        film.mux(tone.encode(None))
    return path


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FilmParts]:
    """Half a second of film in each container, not yet joined with a sound."""
    made = {}
    for suffix, recipe in RECIPES.items():
        made[suffix] = one_part(tmp_path_factory.mktemp(suffix), suffix, recipe)
    return made


def one_part(folder: Path, suffix: str, recipe: Recipe) -> FilmParts:
    """A film of five pictures in one part."""
    parts = FilmParts(folder, "film", f".{suffix}")
    with Film(parts.begin(0.0), recipe, 10, (48, 64)) as film:
        for image in plain_frames(5):
            film.append(image if recipe is H264 else np.dstack([image, image[..., :1]]))
    return parts


def heard(path: Path) -> tuple[str, float, float]:
    """Codec, seconds and loudness of a film's sound, decoded."""
    with av.open(str(path)) as film:
        stream = film.streams.audio[0]
        frames = list(film.decode(stream))
        loud = max(np.abs(frame.to_ndarray().astype(float)).max() for frame in frames)
        seconds = sum(frame.samples for frame in frames) / frames[0].sample_rate
        return stream.codec_context.name.removesuffix("float"), seconds, loud


@pytest.mark.parametrize("suffix", RECIPES)
@pytest.mark.parametrize("codec", CODECS)
def test_every_sound_comes_into_every_container(
    tmp_path: Path, films: dict[str, FilmParts], codec: str, suffix: str
) -> None:
    container, takers = CODECS[codec]
    source = write_tone(tmp_path / "in", codec, container)
    with av.open(str(source)) as film:
        name = film.streams.audio[0].codec_context.name
    path = tmp_path / f"film.{suffix}"
    notes = films[suffix].join(path, RECIPES[suffix], SoundTrack(source), 10)
    found, seconds, loud = heard(path)
    if suffix in takers.split():
        assert notes == [] and (found == name.removesuffix("float") or (codec, found) == ("mp2", "mp3"))
    else:
        assert notes == [f"its sound ({name}) was written anew as {NEW[suffix]}"] and found == NEW[suffix]
    assert seconds == pytest.approx(0.5, abs=0.1) and loud > 0


@pytest.mark.parametrize(
    ("codec", "container", "rate", "layout"),
    [
        ("pcm_s16le", "matroska", 48000, "5.1"),
        ("pcm_s16le", "avi", 11111, "mono"),
        ("pcm_s16le", "matroska", 192000, "stereo"),
        ("flac", "matroska", 96000, "mono"),
    ],
)
@pytest.mark.parametrize("suffix", RECIPES)
def test_odd_rates_and_many_channels_are_heard(
    tmp_path: Path, films: dict[str, FilmParts], codec: str, container: str, rate: int, layout: str, suffix: str
) -> None:
    source = write_tone(tmp_path / "in", codec, container, rate, layout)
    path = tmp_path / f"film.{suffix}"
    notes = films[suffix].join(path, RECIPES[suffix], SoundTrack(source), 10)
    assert all("written anew" in note for note in notes)
    _, seconds, loud = heard(path)
    assert seconds == pytest.approx(0.5, abs=0.15) and loud > 0


@pytest.mark.parametrize(
    ("number", "ends"), [(errno.ENOSPC, True), (errno.EIO, True), (errno.EFBIG, False), (errno.EINVAL, False)]
)
@pytest.mark.parametrize("at", ["start", "sound", "end"])
def test_only_a_broken_disk_ends_a_run(
    tmp_path: Path, films: dict[str, FilmParts], monkeypatch: pytest.MonkeyPatch, number: int, ends: bool, at: str
) -> None:
    def fail(*args: object) -> None:
        av.error.err_check(-number, "temporary")

    if at == "start":
        monkeypatch.setattr("vsodboost.io.film_parts._Joint._begin", fail)
    elif at == "sound":
        monkeypatch.setattr("vsodboost.io.sound._Copied.take", fail)
    else:
        monkeypatch.setattr("vsodboost.io.sound.Sound.close", fail)
    source = write_sounding(tmp_path / "in.mp4", [("aac", 0.0, 0.5)])
    path = tmp_path / "film.mp4"
    if at == "sound" and not ends:
        assert "could not be copied" in films["mp4"].join(path, H264, SoundTrack(source), 10)[0]
        return
    with pytest.raises(VsodboostError) as caught:
        films["mp4"].join(path, H264, SoundTrack(source), 10)
    assert isinstance(caught.value, VideoError) is not ends
    assert str(caught.value).startswith(f"cannot write {path}: ") and "temporary" not in str(caught.value)
    assert [file.name for file in tmp_path.iterdir()] == ["in.mp4"]


@pytest.mark.parametrize(("codec", "suffix"), [("libopus", "mov"), ("pcm_s16le", "mp4")])
def test_a_muxer_that_refuses_after_all_fails_this_film_by_name(
    tmp_path: Path, films: dict[str, FilmParts], monkeypatch: pytest.MonkeyPatch, codec: str, suffix: str
) -> None:
    monkeypatch.setattr("vsodboost.io.sound.taken", lambda path, kind: {1})
    source = write_tone(tmp_path / "in", codec, "matroska")
    path = tmp_path / f"film.{suffix}"
    with pytest.raises(VideoError) as caught:
        films[suffix].join(path, RECIPES[suffix], SoundTrack(source), 10)
    assert str(caught.value).startswith(f"cannot write {path}: ") and ".vsodboost-tmp" not in str(caught.value)
    assert [file.name for file in tmp_path.iterdir()] == ["in"]


def test_a_relative_path_with_a_colon_is_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    parts = one_part(Path("run:1") / "parts", "mp4", H264)
    parts.join(Path("run:1") / "film.mp4", H264, None, 10)
    assert (tmp_path / "run:1" / "film.mp4").is_file()
