"""An ONNX graph that behaves like a network: for weights that are published as ONNX only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from vsodboost.data.errors import UsageError, WeightsError

_TYPES = {"tensor(float16)": np.float16, "tensor(double)": np.float64, "tensor(uint8)": np.uint8}
"""Of the inputs that do not take float32."""


class OnnxNetwork(nn.Module):
    """Runs a graph whose inputs are images ``[N, 3, h, w]`` with onnxruntime; no parameters, so it cannot be tuned.

    A graph made for a fixed N gets that many images at a time, the last one repeated where they run out.
    """

    def __init__(self, path: Path, device: str = "cpu") -> None:
        super().__init__()
        try:
            import onnxruntime
        except ImportError:
            raise UsageError(f"{path} needs onnxruntime: pip install 'vsodboost[cpu]' or 'vsodboost[gpu]'") from None
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # its errors come as exceptions
        wanted = ["CUDAExecutionProvider"] if device.startswith("cuda") else []
        there = [provider for provider in wanted if provider in onnxruntime.get_available_providers()]
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=[*there, "CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's exceptions share no base class
            reason = str(error).splitlines()[0][:100]
            raise WeightsError(f"{path}: onnxruntime cannot load it ({reason}); fetch or export it again") from None
        self._inputs = self._session.get_inputs()
        self.providers: list[str] = self._session.get_providers()
        """Where it runs, whatever was asked for."""
        self.shapes: list[list[int | str | None]] = [i.shape for i in self._inputs]
        """Of each input; free dimensions are names or None."""
        self.outputs: list[str] = [o.name for o in self._session.get_outputs()]
        self.metadata: dict[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)
        """What the file says of itself; a graph that vsodboost exported has its card here."""

    def forward(self, *images: Tensor) -> tuple[Tensor, ...]:
        """``[N, 3, h, w]`` for each input to all outputs, each ``[N, ...]``, on the device of the first input."""
        if len(images) != len(self._inputs):
            raise ValueError(f"the graph has {len(self._inputs)} inputs, but {len(images)} were given")
        count, fixed = len(images[0]), self._inputs[0].shape[0]
        step = fixed if isinstance(fixed, int) else count
        arrays = [self._array(x, i.type) for x, i in zip(images, self._inputs, strict=True)]
        runs = []
        for start in range(0, count, step):
            places = np.minimum(np.arange(start, start + step), count - 1)
            runs.append(self._session.run(None, {i.name: a[places] for i, a in zip(self._inputs, arrays, strict=True)}))
        outputs = (np.concatenate([np.atleast_1d(p) for p in parts])[:count] for parts in zip(*runs, strict=True))
        return tuple(torch.from_numpy(output).to(images[0].device) for output in outputs)

    @staticmethod
    def _array(images: Tensor, kind: str) -> np.ndarray:
        array = images.detach().cpu().numpy()
        if kind == "tensor(uint8)":
            array = np.clip(np.rint(array), 0, 255)
        return array.astype(_TYPES.get(kind, np.float32), copy=False)
