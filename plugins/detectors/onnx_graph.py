"""A detector's ONNX graph: one picture in, named arrays out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import PluginError, UsageError, WeightsError

TYPES = {
    "tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64, "tensor(uint8)": np.uint8,
}  # fmt: skip


class Graph:
    """Runs a graph whose one input is a picture ``[N, 3, H, W]`` or ``[N, H, W, 3]``, on one picture at a time."""

    def __init__(self, path: str | Path, device: str = "cpu") -> None:
        self._path = Path(path)
        if not self._path.is_file():
            raise UsageError(f"{path}: no such file; give the path of the exported detector")
        try:
            import onnxruntime
        except ImportError:
            raise UsageError(f"{path} needs onnxruntime: pip install 'vsodboost[cpu]' or 'vsodboost[gpu]'") from None
        settings = onnxruntime.SessionOptions()
        settings.log_severity_level = 4  # its errors come as exceptions
        wanted = ["CUDAExecutionProvider"] if device.startswith("cuda") else []
        there = [name for name in wanted if name in onnxruntime.get_available_providers()]
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), settings, providers=[*there, "CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's exceptions share no base class
            raise WeightsError(f"{path}: onnxruntime cannot load it ({_first_line(error)}); export it again") from None
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].type not in TYPES:
            shown = ", ".join(f"{i.name} {i.type}{i.shape}" for i in inputs)
            raise UsageError(
                f"{path}: takes {shown or 'nothing'}; it should take pictures [N, 3, H, W] or [N, H, W, 3]"
            )
        self._input = inputs[0]
        shape = [side if isinstance(side, int) and side > 0 else None for side in self._input.shape]
        if 3 not in (shape[1], shape[3]) and None not in (shape[1], shape[3]):
            raise UsageError(f"{path}: takes pictures {self._input.shape}; three colour channels are needed")
        self._channels_last = shape[3] == 3 and shape[1] != 3
        self._copies = shape[0] or 1
        self.size: tuple[int | None, int | None] = (shape[1], shape[2]) if self._channels_last else (shape[2], shape[3])
        """(H, W) px that the graph was made for; None where it takes any."""
        self.takes_bytes = TYPES[self._input.type] is np.uint8
        """Whether pictures go in as uint8, normalised inside."""
        self.outputs: dict[str, list[int | str | None]] = {o.name: list(o.shape) for o in self._session.get_outputs()}
        """Name and shape of each output; dimensions that are not fixed are names or None."""

    def __call__(self, picture: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Outputs by name for ``picture [H, W, 3]``, already normalised (or uint8), as a batch of one.

        Raises:
            PluginError: the graph refuses the picture.
        """
        ordered = picture if self._channels_last else picture.transpose(2, 0, 1)
        batch = np.repeat(np.ascontiguousarray(ordered, TYPES[self._input.type])[None], self._copies, axis=0)
        try:
            values = self._session.run(None, {self._input.name: batch})
        except Exception as error:
            raise PluginError(f"{self._path}: fails on a picture of {picture.shape} ({_first_line(error)})") from None
        outputs = dict(zip(self.outputs, (np.asarray(value) for value in values), strict=True))
        if self._copies == 1:
            return outputs
        return {name: v[:1] if v.ndim and len(v) == self._copies else v for name, v in outputs.items()}


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:500]
