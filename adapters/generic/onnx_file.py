"""Why an ONNX file cannot be loaded, told from the file itself: onnxruntime's words often hide it.

Large graphs keep their weights in a second file beside them ("external data"), which is easily left behind. Its name
stands in the graph (onnx.proto): GraphProto is field 7 of ModelProto; tensors are its initialisers (5) and constants
in its nodes' attributes (1, 5, then 5 or 10), which may hold graphs in turn (6, 11); a tensor's external_data (13) are
pairs of a key (1) and a value (2).
"""

from __future__ import annotations

from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path

from vsodboost.weights.caffemodel import BYTES, fields

_GRAPH, _NODE, _ATTRIBUTE, _INITIALISER, _EXTERNAL = 7, 1, 5, 5, 13
_TORCH = "export the network with torch.onnx.export, or use torch:FILE.py:NAME"
_KINDS = (
    (b"PK\x03\x04", f"a zip archive, as torch writes; {_TORCH}"),
    (b"\x80", f"a pickle, as torch writes; {_TORCH}"),
    (b"\x89HDF", "an HDF5 file, as Keras writes; convert it with tf2onnx"),
    (b"version https://git-lfs", "a Git LFS pointer, not the graph; fetch the file with git lfs pull"),
    (b"\x1f\x8b", "a gzip archive; unpack it"),
)  # fmt: skip


def no_graph(path: Path) -> str | None:
    """What a file that is no ONNX graph is, by its first bytes, with the mend; None where they tell nothing."""
    with path.open("rb") as file:
        head = file.read(64)
    if not head:
        return "empty; fetch or export it again"
    if head[4:8] == b"TFL3":
        return "a TensorFlow Lite model; convert it with tf2onnx"
    if head.lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return "a web page, not a graph; open the link in a browser and confirm the download"
    return next((words for start, words in _KINDS if head.startswith(start)), None)


def missing_data(path: Path) -> str | None:
    """Which file of its weights is missing beside a graph; None when none is, or the file cannot be read as a graph."""
    try:
        wanted = sorted(set(external_files(path.read_bytes())))
    except (ValueError, OSError):
        return None
    missing = [name for name in wanted if not (path.parent / name).is_file()]
    if not missing:
        return None
    return f"its weights are in {', '.join(missing)}, which must lie beside it and does not; fetch or copy it there"


def data_outside(path: Path) -> str | None:
    """Which file outside of its own folder a graph would read weights from; None when none, or it is no graph.

    Older versions of onnxruntime read whatever a stranger's graph names.
    """
    try:
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as message:
            found = list(external_files(message))
    except (ValueError, OSError):
        return None
    here = path.parent.resolve()
    return next((name for name in found if not (here / name).resolve().is_relative_to(here)), None)


def external_files(message: bytes | mmap) -> Iterator[str]:
    """The file names in a ModelProto under which tensors lie outside it. Raises ValueError when it is none."""
    with memoryview(message) as view:
        for graph in _inside(view, _GRAPH):
            yield from _of_graph(graph)
            graph.release()


def _of_graph(graph: memoryview) -> Iterator[str]:
    for tensor in _inside(graph, _INITIALISER):
        yield from _of_tensor(tensor)
    for node in _inside(graph, _NODE):
        for attribute in _inside(node, _ATTRIBUTE):
            for tensor in (*_inside(attribute, 5), *_inside(attribute, 10)):
                yield from _of_tensor(tensor)
            for inner in (*_inside(attribute, 6), *_inside(attribute, 11)):
                yield from _of_graph(inner)


def _of_tensor(tensor: memoryview) -> Iterator[str]:
    for entry in _inside(tensor, _EXTERNAL):
        pair = {number: bytes(value) for number, wire, value in fields(entry) if isinstance(value, memoryview)}
        if pair.get(1) == b"location":
            yield pair.get(2, b"").decode(errors="replace")


def _inside(message: memoryview, wanted: int) -> Iterator[memoryview]:
    """The messages in a message's field ``wanted``."""
    for number, wire, value in fields(message):
        if number == wanted and wire == BYTES and isinstance(value, memoryview):
            yield value
