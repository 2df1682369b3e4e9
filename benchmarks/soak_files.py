"""The files that ``soak.py`` mutates, small and whole, and how each kind is read: what a user's run would call."""

from __future__ import annotations

import csv
import io
import json
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

FRAMES, SIZE = 6, (32, 48)
SEEN = 40
"""Frames of a video that are looked at."""
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Kind:
    """A kind of file: whole ``seeds``, what the mutated file is called (below the case's folder), and ``read``, which
    is given its path and may raise VsodboostError alone. ``around`` are other files that it stands among."""

    seeds: tuple[bytes, ...]
    name: str
    read: Callable[[Path], Any]
    around: Mapping[str, bytes] | None = None
    text: bool = False


def frames() -> Pixels:
    """``uint8[6, 32, 48, 3]``: a bright block that moves over noise."""
    found = np.random.default_rng(0).integers(0, 120, (FRAMES, *SIZE, 3)).astype(np.uint8)
    for t, frame in enumerate(found):
        frame[8:24, 4 * t : 4 * t + 16] = 230
    return found


def _film(container: str, codec: str, pixels: str, *, sound: bool = False) -> bytes:
    held = io.BytesIO()
    with av.open(held, "w", format=container) as film:
        stream = film.add_stream(codec, rate=12)
        stream.height, stream.width, stream.pix_fmt = *SIZE, pixels
        voice = film.add_stream("aac" if container == "mp4" else "libopus", rate=48000) if sound else None
        for frame in frames():
            film.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        film.mux(stream.encode())
        if voice is not None:
            tone = av.AudioFrame.from_ndarray(np.zeros((1, 9600), np.float32), "fltp", "mono")
            tone.sample_rate, tone.pts, tone.time_base = 48000, 0, Fraction(1, 48000)
            resampled = av.AudioResampler("fltp", "stereo", 48000).resample(tone)
            for part in resampled:
                film.mux(voice.encode(part))
            film.mux(voice.encode())
    return held.getvalue()


def _picture(name: str, image: Pixels | NDArray[np.uint16], *options: int) -> bytes:
    return bytes(cv2.imencode(name, image, list(options))[1])


def _pillow(image: Image.Image, kind: str, **options: Any) -> bytes:
    held = io.BytesIO()
    image.save(held, kind, **options)
    return held.getvalue()


def _maps() -> tuple[bytes, ...]:
    grey = frames()[0][..., 0]
    mask = np.where(grey > 200, 255, 0).astype(np.uint8)
    palette = Image.fromarray((mask // 255).astype(np.uint8), "P")
    palette.putpalette([0, 0, 0, 128, 0, 0])
    return (
        _picture(".png", grey), _picture(".png", mask), _picture(".png", grey.astype(np.uint16) * 257),
        _picture(".png", np.dstack([frames()[0], mask])), _pillow(palette, "PNG"), _picture(".jpg", grey),
        _picture(".bmp", grey), _picture(".tiff", grey), _picture(".webp", grey),
    )  # fmt: skip


def _networks() -> dict[str, tuple[bytes, ...]]:
    """Weights as safetensors, torch files and .caffemodel, and a graph."""
    import torch
    from safetensors.torch import save

    tensors = {"layer.weight": torch.linspace(-1, 1, 108).reshape(4, 3, 3, 3), "layer.bias": torch.zeros(4)}
    found = []
    for content, new in (({"state_dict": tensors, "epoch": 3}, True), (tensors, False)):
        held = io.BytesIO()
        torch.save(content, held, _use_new_zipfile_serialization=new)
        found.append(held.getvalue())
    return {"safetensors": (save(tensors, {"format": "pt"}),), "pth": tuple(found), "caffemodel": (_caffemodel(),),
            "onnx": (_graph(),)}  # fmt: skip


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field of less than 16 kB."""
    length = len(content)
    size = bytes([length]) if length < 128 else bytes([length & 127 | 128, length >> 7])
    key = number << 3 | 2
    return (bytes([key]) if key < 128 else bytes([key & 127 | 128, key >> 7])) + size + content


def _caffemodel() -> bytes:
    """A NetParameter with one layer of weights and bias (see ``weights.caffemodel``)."""
    blobs = [(b"\x04\x03\x03\x03", 108), (b"\x04", 4)]
    parts = [_field(7, _field(7, _field(1, shape)) + _field(5, struct.pack(f"<{n}f", *range(n)))) for shape, n in blobs]
    return _field(1, b"net") + _field(100, _field(1, b"conv") + _field(2, b"Convolution") + b"".join(parts))


def _graph() -> bytes:
    import onnx

    helper = onnx.helper
    given = helper.make_tensor_value_info("frames", onnx.TensorProto.FLOAT, ["N", 3, 32, 32])
    made = helper.make_tensor_value_info("saliency", onnx.TensorProto.FLOAT, ["N", 1, 32, 32])
    weight = onnx.numpy_helper.from_array(np.full((1, 3, 3, 3), 0.04, np.float32), "weight")
    nodes = [
        helper.make_node("Conv", ["frames", "weight"], ["logits"], pads=[1, 1, 1, 1]),
        helper.make_node("Sigmoid", ["logits"], ["saliency"]),
    ]
    graph = helper.make_graph(nodes, "small", [given], [made], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return bytes(model.SerializeToString())


CONFIG = """[wrap]
target = "maps:maps"
seed = 7
buffer = 50
steps = 3
resume = true
write = ["overlay", "sheet"]
size = "480p"
from = "0:10"
max-frames = 12
timeout = "10m"

[wrap.target-option]
missing = "fill"
"""
RUN = {
    "video": "clip", "path": "in/clip", "frames": 2, "trust": 0.9, "target_trust": 0.8, "changed": 0.1, "mined": 1,
    "flags": {"static": 1}, "warnings": ["a line"], "cuts": [1], "seconds": {"read": 0.1}, "seconds_total": 0.4,
    "settings": {"target": "lite", "start": None, "every": 2}, "versions": {"torch": "2"}, "write": {"writers": []},
}  # fmt: skip
PAGE = {
    "schema": 1, "video": "clip", "path": "in/clip", "size": [32, 48], "fps": 12, "count": 2, "run": RUN,
    "frames": ["00000", "00001"], "trust": [0.6, 0.6], "flags": ["static", ""], "mined": [0], "cuts": [1],
    "thumbs": [{"index": 0, "frame": "data:image/jpeg;base64,"}], "full": [], "mining": [],
    "truth": {"figures": {"boosted": {"S": 0.9}}},
}  # fmt: skip
TABLE = (
    "frame,mined,quality,consistency,trust,trust_low,trust_high,target_trust,flag\n"
    "00000,1,0.5,0.2597,0.6274,0.4298,0.818,0.62,static\n00001,0,0.1,0.2,0.625,0.4,0.8,0.6,\n"
)
ATTRIBUTES = "sequence,AC,BC,motion\nbear,1,0,fast\ncows,0,1,slow\n"
JSON = {
    ".done.json": {"fingerprint": "x", "frames": ["00000", "00001"]},
    "failed.json": {"clip": {"path": "clip.mp4", "reason": "broken"}},
    "shard-1-of-2.json": {"index": 1, "count": 2, "total": 3, "done": ["clip"], "skipped": [],
                          "failed": {"b": {"path": "b.mp4", "reason": "broken"}}},
    "run.json": RUN,
    "lock": {"host": "h", "pid": 1, "since": "now", "command": "x", "machine": "m", "started": "1", "token": "t"},
}  # fmt: skip


def read_film(path: Path) -> None:
    """Describe a video and decode its first frames."""
    from vsodboost.datasets.inputs import open_inputs
    from vsodboost.io.probe import describe

    for source in open_inputs([path]):
        describe(source)
        for t, _ in enumerate(source.frames()):
            if t >= SEEN:
                break


def read_frames(path: Path) -> None:
    """Read the folder of frames that the file is in."""
    read_film(path.parent)


def read_map(path: Path) -> None:
    """Read a map as a target's and as a label."""
    from vsodboost.io.map_folder import MapFolder

    for use in ("map", "label"):
        MapFolder(path.parents[1], use).read(path.parent.name, path.stem)  # type: ignore[arg-type]


def read_weights(path: Path) -> None:
    """Find what may be a network's parameters, and take the likeliest."""
    from vsodboost.weights.caffemodel import read_caffemodel
    from vsodboost.weights.reading import candidates, read_checkpoint

    def caffe(file: Path) -> dict[str, Any]:
        import torch

        return {name: torch.from_numpy(np.array(blob)) for name, blob in read_caffemodel(file).items()}

    candidates(path, caffe)
    read_checkpoint(path, caffe)


def read_graph(path: Path) -> None:
    """Build the target and ask it for the maps of two frames."""
    from vsodboost.data.types import Clip
    from vsodboost.pipeline.plan import as_target
    from vsodboost.registry.guard import guarded_factory
    from vsodboost.registry.interfaces import Request
    from vsodboost.targets.network_target import run_target

    name = f"onnx:{path}"
    found, card = registry().build("targets", name, Request(device="cpu"))
    with guarded_factory(f"target '{name}'", found):
        target = as_target(found, getattr(found, "card", card), Request(device="cpu"))
    run_target(target, getattr(found, "card", card), Clip(frames()[:2], ("00000", "00001"), "clip"), f"target '{name}'")


@cache
def registry() -> Any:
    """What is registered, without strangers' plugins."""
    from vsodboost.registry.discovery import Registry

    return Registry.load(only=[])


def read_config(path: Path) -> None:
    """Read options from the file as ``wrap`` does."""
    from vsodboost.cli.config import read_pairs
    from vsodboost.cli.wrap import wrap_command
    from vsodboost.data.errors import UsageError

    wrap_command.make_context("wrap", ["clip", "--config", str(path)])
    with suppress(UsageError):
        read_pairs(path)


def read_results(path: Path) -> None:
    """What ``report`` and the index make of a video's folder."""
    from vsodboost.data.errors import VideoError
    from vsodboost.writers.report.existing import data_of
    from vsodboost.writers.report.index import index_data

    index_data(path.parents[1], {})
    with suppress(VideoError):
        data_of(path.parent)
    data_of(path.parent)


def read_attributes(path: Path) -> None:
    """Read a table of attributes as ``eval`` does."""
    from vsodboost.metrics.attributes import read_attributes as read

    read(path)


def read_json(path: Path) -> None:
    """What runs, merges and locks make of their own files; ``path`` is the video's ``state``, copied to each name."""
    from vsodboost.io.lock import InUse, VideoLocks
    from vsodboost.io.resume import VideoState, settings_of
    from vsodboost.io.run_report import read_failed, read_shards

    out, data = path.parents[1], path.read_bytes()
    for name in ("failed.json", "shard-1-of-2.json", ".clip.lock", "clip/.done.json", "clip/.started.json"):
        (out / name).write_bytes(data)
    VideoState.check(out, "clip", "x")
    settings_of(out / "clip")
    read_failed(out)
    with suppress(InUse), VideoLocks(out) as locks:
        locks.take("clip")
    read_shards(out)


def read_flow(path: Path) -> None:
    """Read optical flow."""
    from vsodboost_plugins.flow.flow_file import read_flow as read

    read(path)


@cache
def half_done() -> tuple[Any, dict[str, bytes]]:
    """A plan of small parts, and the output folder of a run of it that was stopped after the first of three buffers."""
    import tempfile

    from vsodboost.data.cards import TargetCard
    from vsodboost.io.array_source import ArraySource
    from vsodboost.pipeline.options import choose
    from vsodboost.pipeline.plan import make_plan
    from vsodboost.pipeline.run import Progress, run
    from vsodboost.pipeline.writing import OutputOptions
    from vsodboost.targets.network_target import CallableTarget

    class Stopped(BaseException):
        pass

    def stop(source: Any, count: int) -> None:
        raise Stopped

    bright = CallableTarget(lambda given: given[..., 0] / np.float32(255)), TargetCard(summary="bright")
    chosen = {"device": "cpu", "buffer": 2, "flow": "farneback", "motion": "camera", "profile": "quick"}
    plan = make_plan(choose(chosen, registry()), registry(), target=bright)
    plan = replace(plan, working=lambda size: (32, 64))
    with tempfile.TemporaryDirectory() as folder:
        with suppress(Stopped):
            source = ArraySource(frames(), name="clip")
            run(plan, [source], OutputOptions(Path(folder), ("sheet", "rle")), Progress(frames=stop))
        left = {str(p.relative_to(folder)): p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()}
    return plan, left


def read_state(path: Path) -> None:
    """Go on with a run whose checkpoint it is; whatever it holds, all frames must be there in the end."""
    from vsodboost.data.errors import VsodboostError
    from vsodboost.io.array_source import ArraySource
    from vsodboost.pipeline.run import run
    from vsodboost.pipeline.writing import OutputOptions

    plan, _ = half_done()
    out = path.parents[2]
    report = run(plan, [ArraySource(frames(), name="clip")], OutputOptions(out, ("sheet", "rle"), resume=True))
    if report.failed:
        raise VsodboostError(f"{path}: resumed, {report.failed}")
    made = sorted(file.name for file in (out / "clip").glob("0*.png"))
    rows = list(csv.DictReader((out / "clip" / "frames.csv").read_text().splitlines()))
    assert made == [f"{t:05d}.png" for t in range(FRAMES)] and len(rows) == FRAMES, (made, len(rows))


def kinds(chosen: list[str] | None = None) -> dict[str, Kind]:
    """All kinds by name, or the ``chosen`` ones; the seeds of others are not made."""
    picture = frames()[0]
    ok = _picture(".png", picture)
    results = {"clip/run.json": json.dumps(RUN).encode(), "clip/frames.csv": TABLE.encode()}
    results |= {f"clip/{t:05d}.png": _picture(".png", picture[..., 0]) for t in range(2)}
    results |= {f"../in/clip/{t:05d}.png": _picture(".png", frames()[t]) for t in range(2)}
    movie = [Image.fromarray(frame) for frame in frames()]
    makers: dict[str, Callable[[], Kind]] = {
        "mp4": lambda: Kind((_film("mp4", "libx264", "yuv420p"), _film("mp4", "mpeg4", "yuv420p", sound=True)),
                            "case.mp4", read_film),
        "mkv": lambda: Kind((_film("matroska", "libx264", "yuv420p"),), "case.mkv", read_film),
        "webm": lambda: Kind((_film("webm", "libvpx-vp9", "yuv420p"), _film("webm", "libvpx", "yuv420p", sound=True)),
                             "case.webm", read_film),
        "avi": lambda: Kind((_film("avi", "mjpeg", "yuvj420p"),), "case.avi", read_film),
        "gif": lambda: Kind((_pillow(movie[0], "GIF", save_all=True, append_images=movie[1:], duration=40),),
                            "case.gif", read_film),
        "png": lambda: Kind((ok, *_maps()[2:5]), "case/00001.png", read_frames, {"case/00000.png": ok}),
        "jpg": lambda: Kind((_picture(".jpg", picture), _pillow(movie[0], "JPEG", progressive=True)),
                            "case/00001.jpg", read_frames, {"case/00000.png": ok}),
        "maps": lambda: Kind(_maps(), "maps/case/00000.png", read_map, {"maps/case/00001.png": _maps()[0]}),
        "onnx": lambda: Kind(_networks()["onnx"], "case.onnx", read_graph),
        "safetensors": lambda: Kind(_networks()["safetensors"], "case.safetensors", read_weights),
        "pth": lambda: Kind(_networks()["pth"], "case.pth", read_weights),
        "caffemodel": lambda: Kind(_networks()["caffemodel"], "case.caffemodel", read_weights),
        "toml": lambda: Kind((CONFIG.encode(),), "case.toml", read_config, text=True),
        "state": lambda: Kind((half_done()[1]["clip/.checkpoint/state.safetensors"],),
                              "out/clip/.checkpoint/state.safetensors", read_state,
                              {f"out/{name}": data for name, data in half_done()[1].items()}),
        "json": lambda: Kind(tuple(json.dumps(value).encode() for value in JSON.values()), "out/clip/state.json",
                             read_json, text=True),
        "run": lambda: Kind((json.dumps(RUN).encode(),), "out/clip/run.json", read_results,
                            {f"out/{name}": data for name, data in results.items()}, text=True),
        "csv": lambda: Kind((TABLE.encode(),), "out/clip/frames.csv", read_results,
                            {f"out/{name}": data for name, data in results.items()}, text=True),
        "attributes": lambda: Kind((ATTRIBUTES.encode(),), "case.csv", read_attributes, text=True),
        "page": lambda: Kind((json.dumps(PAGE).encode(),), "out/clip/report.json", read_results,
                             {f"out/{name}": data for name, data in results.items()}, text=True),
        "flow": lambda: Kind((b"PIEH" + struct.pack("<ii", 4, 2) + bytes(64),), "case.flo", read_flow),
    }  # fmt: skip
    return {name: makers[name]() for name in chosen or makers}
