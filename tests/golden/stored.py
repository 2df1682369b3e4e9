"""Results as the golden net keeps and compares them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import vsodboost

Stored = Mapping[str, np.ndarray]
"""Arrays by name: numbers are compared within the name's tolerance; words, truths and whole numbers exactly."""

HERE = Path(__file__).resolve().parent
BLOCK = 4
"""px of a side of the squares whose means are kept of a map; each frame's mean square, of all px, is kept beside."""
UNIT = 1e-6
"""Numbers are kept as whole multiples of it: they compress better than floats."""
TOLERANCE = 1e-5
"""How far two numbers may lie apart."""
LOOSER = {
    # Farneback's flow differs by 5e-5 px between OpenCV's kernels; of all numbers the S-measure of motion and target
    # shows it most: by 1.6e-5 without AVX and IPP.
    "consistency": 3e-5,
    # The S-measures among trust's features move it by more than they move themselves.
    "trust": 4e-5,
    "target_trust": 4e-5,
    # frames.csv rounds to five digits after the point: a hair's breadth of difference may show as one unit of the last.
    "table": 4e-5,
    # A PNG has 256 levels; where a map lies between two of them, a hair's breadth may decide which.
    "png": 1 / 255 + 1e-6,
}
"""How far they may in some arrays, by the first word of the array's name."""
RENAMED: dict[str, str] = {"still": "static", "untaught": "untuned", "doubtful": "low_trust"}
"""Words that are called otherwise since the files were written: {the stored word: today's}."""


def of_result(result: vsodboost.Result) -> dict[str, np.ndarray]:
    """What is kept of ``vsodboost.boost``'s result."""
    kept = {name: np.asarray(getattr(result, name)) for name in ("names", "flags", "cuts", "mined")}
    for name in ("maps", "target_maps"):
        maps = np.asarray(getattr(result, name), np.float64)
        kept[name], kept[f"{name}_square"] = block_means(maps), (maps**2).mean(axis=(1, 2))
    for name in ("trust", "target_trust", "quality", "consistency"):
        kept[name] = np.asarray(getattr(result, name), np.float64)
    return kept


def of_folder(out: Path) -> dict[str, np.ndarray]:
    """What is kept of ``vsodboost wrap``'s output: every fourth pixel of the maps, and the tables."""
    kept = {}
    for folder in sorted(path for path in out.iterdir() if path.is_dir()):
        maps = [cv2.imread(str(file), cv2.IMREAD_UNCHANGED) for file in sorted(folder.glob("*.png"))]
        kept[f"png {folder.name}"] = np.stack(maps)[:, BLOCK // 2 :: BLOCK, BLOCK // 2 :: BLOCK] / 255
        with (folder / "frames.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for column in rows[0]:
            cells = [row[column] for row in rows]
            words = column in ("frame", "flag", "mined")
            kept[f"table {folder.name} {column}"] = np.array(cells) if words else np.array(cells, np.float64)
    return kept


def block_means(maps: np.ndarray) -> np.ndarray:
    """Means of squares of maps ``[T, H, W]``, H and W multiples of ``BLOCK``: ``float64[T, H / BLOCK, W / BLOCK]``."""
    count, height, width = maps.shape
    return maps.reshape(count, height // BLOCK, BLOCK, width // BLOCK, BLOCK).mean(axis=(2, 4))


def save(name: str, kept: Stored) -> None:
    """Write ``<name>.npz`` beside this file."""
    packed = {k: np.rint(v / UNIT).astype(np.int32) if v.dtype.kind == "f" else v for k, v in kept.items()}
    np.savez_compressed(HERE / f"{name}.npz", **packed)


def load(name: str) -> dict[str, np.ndarray]:
    """Read what ``save`` wrote."""
    with np.load(HERE / f"{name}.npz") as packed:
        return {k: v * UNIT if v.dtype == np.int32 else v for k, v in packed.items()}


def differences(stored: Stored, now: Stored, tolerance: float | None = None) -> list[str]:
    """One line for every array that differs by more than ``tolerance`` (None: its own), or is in
    one of the two alone."""
    found = [f"{name}: only in the stored result" for name in stored if name not in now]
    found += [f"{name}: not in the stored result" for name in now if name not in stored]
    for name in (name for name in stored if name in now):
        allowed = LOOSER.get(name.split(maxsplit=1)[0], TOLERANCE) if tolerance is None else tolerance
        line = _difference(name, stored[name], now[name], allowed)
        found += [line] if line else []
    return found


def apart(old: np.ndarray, new: np.ndarray) -> float:
    """Largest difference of two arrays of numbers of one shape; infinite where only one of them is finite."""
    if old.size == 0:
        return 0.0
    return float(np.nan_to_num(np.abs(old - new), nan=np.inf).max())


def _difference(name: str, old: np.ndarray, new: np.ndarray, allowed: float) -> str | None:
    if old.shape != new.shape:
        return f"{name}: shape {new.shape}, stored {old.shape}"
    if old.dtype.kind == "f" and new.dtype.kind == "f":
        largest = apart(old, new)
        return f"{name}: differs by up to {largest:.2g}, allowed {allowed:.2g}" if largest > allowed else None
    if old.dtype.kind == "U":
        old = np.array([RENAMED.get(word, word) for word in old.tolist()])
    return None if old.tolist() == new.tolist() else f"{name}: {new.tolist()}, stored {old.tolist()}"
