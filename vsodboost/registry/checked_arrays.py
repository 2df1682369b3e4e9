"""Arrays as plugins return them, made float32; errors name the plugin and ``what`` it returned."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import PluginError
from vsodboost.data.types import PerFrame


def numbers(values: Any, count: int, plugin: str, what: str, low: float, high: float) -> PerFrame:
    """Return ``float32[count]`` within [``low``, ``high``]. Raises PluginError otherwise."""
    array = floats(values, plugin, what)
    if array.shape != (count,):
        raise PluginError(f"{plugin} returned {what} of shape {array.shape}; expected ({count},)")
    check_finite(array, plugin, what)
    if array.size and (array.min() < low - 1e-4 or array.max() > high + 1e-4):
        raise PluginError(
            f"{plugin} returned {what} in [{array.min():.3g}, {array.max():.3g}]; expected [{low:g}, {high:g}]"
        )
    return np.clip(array, low, high)


def floats(values: Any, plugin: str, what: str) -> NDArray[np.float32]:
    """Return whatever a plugin gave as float32. Raises PluginError for what is no number, and for levels of 8 bits."""
    array = array_of(values, plugin, what)
    if array.dtype.kind not in "fbiu":
        raise PluginError(f"{plugin} returned {what} of type {array.dtype}; expected float32")
    if array.dtype.kind == "u" and array.dtype.itemsize == 1 and array.size and int(array.max()) > 1:
        mend = " in [0, 1] (divide by 255; a map of class numbers: 1 where the object is)" if what == "maps" else ""
        raise PluginError(f"{plugin} returned 8-bit {what} up to {int(array.max())}; expected float32{mend}")
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused
        return array.astype(np.float32)


def array_of(values: Any, plugin: str, what: str) -> NDArray[Any]:
    """Return whatever a plugin gave as an array. Raises PluginError for what makes none."""
    try:
        return as_array(values)
    except Exception as error:  # its own __array__, or rows of unequal sizes
        raise PluginError(f"{plugin} returned {what} that make no array; expected one of float32") from error


def as_array(values: Any) -> NDArray[Any]:
    """Return what NumPy takes, tensors wherever they are, and lists of these as an array; bfloat16, which NumPy has
    not, becomes float32. What makes no array raises whatever it likes."""
    if hasattr(values, "detach"):
        tensor = values.detach().cpu()
        return np.asarray((tensor.float() if tensor.is_floating_point() else tensor).numpy())
    if isinstance(values, (list, tuple)) and any(hasattr(v, "detach") or isinstance(v, (list, tuple)) for v in values):
        return np.asarray([as_array(value) for value in values])
    array = np.asarray(values)
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def check_finite(array: NDArray[np.float32], plugin: str, what: str, first: str = "frame") -> None:
    """Raise PluginError where a value is none; ``first`` is what the array's rows are."""
    if array.size and not np.isfinite(array).all():
        bad = int(np.argwhere(~np.isfinite(array))[0][0])
        place = f"frame {bad} of the call" if first == "frame" else f"{first} {bad}"
        raise PluginError(f"{plugin} returned {what} with NaN or infinite values (first in {place})")
