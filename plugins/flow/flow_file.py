"""Flow in files: Middlebury ``.flo`` and NumPy ``.npz``."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError
from vsodboost.io.atomic import write_bytes

MAGIC = b"PIEH"
UNKNOWN = 1e9
"""Middlebury's mark: a larger component means that nobody knows the flow there."""
SUFFIXES = (".flo", ".npz")

Flow = NDArray[np.float32]


def read_flow(path: str | Path) -> Flow:
    """Flow ``float32[H, W, 2]`` in px, (dx, dy), of a ``.flo`` or ``.npz`` file; 0 where it is unknown or not finite.

    An ``.npz`` holds one array, or one called ``flow``, of shape [H, W, 2] or [2, H, W].

    Raises:
        InputError: the file cannot be read or is not what it claims to be.
    """
    path = Path(path)
    try:
        flow = _read_npz(path) if path.suffix.lower() == ".npz" else _read_flo(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    flow = np.ascontiguousarray(flow, np.float32)
    flow[~(np.abs(flow) < UNKNOWN).all(axis=-1)] = 0
    return flow


def write_flo(path: str | Path, flow: Flow) -> None:
    """Write ``float32[H, W, 2]`` (px, finite) as Middlebury ``.flo``, atomically, making the folder when missing.

    Raises:
        ValueError: ``flow`` is of another shape.
        VsodboostError: the file cannot be written.
    """
    if flow.ndim != 3 or flow.shape[2] != 2 or flow.size == 0:
        raise ValueError(f"flow must be [H, W, 2], got {list(flow.shape)}")
    height, width = flow.shape[:2]
    size = np.array((width, height), "<i4").tobytes()
    write_bytes(path, MAGIC + size + np.ascontiguousarray(flow, "<f4").tobytes())


def resized_flow(flow: Flow, height: int, width: int) -> Flow:
    """Flow ``float32[h, w, 2]`` at another size: bilinear (area when smaller), in px of that size."""
    before = flow.shape[:2]
    if before == (height, width):
        return flow
    smaller = height <= before[0] and width <= before[1]
    other = cv2.resize(flow, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    scale = np.array((width / before[1], height / before[0]), np.float32)
    return np.asarray(other * scale, np.float32)


def _read_flo(path: Path) -> Flow:
    data = path.read_bytes()
    if data[:4] != MAGIC or len(data) < 12:
        raise InputError(f"{path}: not a .flo file (it must start with PIEH); write it with Middlebury's format")
    width, height = (int(n) for n in np.frombuffer(data, "<i4", 2, offset=4))
    if width < 1 or height < 1 or len(data) != 12 + 8 * width * height:
        raise InputError(f"{path}: damaged, it announces {width}x{height} px but holds {len(data) - 12} bytes of flow")
    return np.frombuffer(data, "<f4", offset=12).reshape(height, width, 2).astype(np.float32)


def _read_npz(path: Path) -> NDArray[np.float32]:
    try:
        with path.open("rb") as file:  # np.load leaves a damaged archive open
            content = np.load(file, allow_pickle=False)
            if isinstance(content, np.ndarray):
                raise InputError(f"{path}: a .npy file under the name of an .npz; save it with np.savez")
            names = content.files
            name = "flow" if "flow" in names else names[0] if len(names) == 1 else None
            if name is None:
                raise InputError(f"{path}: holds {', '.join(names) or 'nothing'}; call the array 'flow'")
            flow = content[name]
    except (OSError, InputError):
        raise
    except Exception as error:  # a damaged zip or pickle fails with many kinds
        raise InputError(f"{path}: not a readable .npz file ({type(error).__name__}); save it with np.savez") from None
    if flow.ndim == 3 and flow.shape[2] != 2 and flow.shape[0] == 2:
        flow = flow.transpose(1, 2, 0)
    if flow.ndim != 3 or flow.shape[2] != 2 or flow.size == 0 or flow.dtype.kind not in "fiu":
        raise InputError(f"{path}: holds {flow.dtype}{list(flow.shape)}; flow must be numbers [H, W, 2] or [2, H, W]")
    return np.asarray(flow, np.float32)
