"""An ONNX graph that behaves like a network: for weights that are published as ONNX only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from vsodboost.errors import UsageError, WeightsError


class OnnxNetwork(nn.Module):
    """Runs a graph of one image input ``[N, 3, h, w]`` with onnxruntime; it has no parameters and cannot be tuned.

    A graph whose batch is fixed to one is run frame by frame.
    """

    def __init__(self, path: Path, device: str = "cpu") -> None:
        super().__init__()
        try:
            import onnxruntime
        except ImportError:
            raise UsageError(f"{path} needs onnxruntime: pip install 'vsodboost[cpu]' or 'vsodboost[gpu]'") from None
        wanted = ["CUDAExecutionProvider"] if device.startswith("cuda") else []
        there = [provider for provider in wanted if provider in onnxruntime.get_available_providers()]
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # its errors come as exceptions
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=[*there, "CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's exceptions share no base class
            reason = str(error).splitlines()[0][:100]
            raise WeightsError(f"{path}: onnxruntime cannot load it ({reason}); download it again") from None
        self._input = self._session.get_inputs()[0]

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """``[N, 3, h, w]`` to all outputs of the graph, each ``[N, ...]``, on the device of ``images``."""
        array = images.detach().cpu().numpy().astype(np.float32, copy=False)
        step = len(array) if isinstance(self._input.shape[0], str) else 1
        runs = [self._session.run(None, {self._input.name: array[i : i + step]}) for i in range(0, len(array), step)]
        return tuple(torch.from_numpy(np.concatenate(parts)).to(images.device) for parts in zip(*runs, strict=True))
