"""Every value a plugin returns is checked; the error names the plugin and what it did wrong."""

from __future__ import annotations

from typing import Any

import numpy as np

from vsodboost.data.errors import PluginError
from vsodboost.data.types import FlowField, Maps


def checked_maps(values: Any, count: int, plugin: str) -> Maps:
    """Maps as ``float32[count, h, w]`` in [0, 1].

    Raises:
        PluginError: another type, rank, number of maps or dtype, or values that are not finite or outside [0, 1].
    """
    array = _floats(values, plugin, "maps")
    if array.ndim == 4 and 1 in (array.shape[1], array.shape[3]):
        array = array[:, 0] if array.shape[1] == 1 else array[..., 0]
    if array.ndim != 3 or 0 in array.shape[1:]:
        raise PluginError(f"{plugin} returned maps of shape {array.shape}; expected [{count}, h, w]")
    if len(array) != count:
        raise PluginError(f"{plugin} returned {len(array)} maps for {count} frames")
    _finite(array, plugin, "maps")
    low, high = float(array.min()), float(array.max())
    if low < -1e-4 or high > 1 + 1e-4:
        raise PluginError(
            f"{plugin} returned maps in [{low:.3g}, {high:.3g}]; expected [0, 1] (divide by 255, or apply a sigmoid)"
        )
    return np.clip(array, 0, 1)


def checked_flow(values: Any, shape: tuple[int, int, int], plugin: str) -> FlowField:
    """Flow as ``float32[N, H, W, 2]`` for ``shape`` (N, H, W). Raises PluginError otherwise or when it is not
    finite."""
    array = _floats(values, plugin, "flow")
    if array.shape != (*shape, 2):
        raise PluginError(f"{plugin} returned flow of shape {array.shape}; expected {(*shape, 2)}")
    _finite(array, plugin, "flow")
    return array


def _floats(values: Any, plugin: str, what: str) -> FlowField:
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise PluginError(f"{plugin} returned {what} of unequal sizes; expected one array") from error
    if array.dtype.kind not in "fbiu":
        raise PluginError(f"{plugin} returned {what} of type {array.dtype}; expected float32")
    if array.dtype.kind == "u" and array.dtype.itemsize == 1 and array.size and int(array.max()) > 1:
        raise PluginError(f"{plugin} returned 8-bit {what} up to {int(array.max())}; expected float32 in [0, 1]")
    return array.astype(np.float32)


def _finite(array: FlowField, plugin: str, what: str) -> None:
    if array.size and not np.isfinite(array).all():
        bad = int(np.argwhere(~np.isfinite(array))[0][0])
        raise PluginError(f"{plugin} returned {what} with NaN or infinite values (first in frame {bad} of the call)")
