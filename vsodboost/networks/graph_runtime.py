"""Our networks in ONNX Runtime, which takes about half of torch's time for them on a CPU.

A graph in ``graphs/`` holds a structure only (``write_graphs`` makes it); its weights are handed over from the torch
module in memory, whichever they are: shipped, freshly trained or tuned on a video. Without onnxruntime, or on another
device, torch runs the network as ever; their maps differ by less than 1e-5.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

GRAPHS = Path(__file__).parent / "graphs"
OFF = "VSODBOOST_NO_ONNXRUNTIME"
"""Environment variable: set to anything, torch runs every network."""
LOCATION = "weights"
"""What a graph gives as the file of its weights; nothing of that name exists."""
GRAPH_BATCH = 1
"""Frames at once: two or more leave the processor's caches, take up to twice as long each, and hold more memory."""
OPENVINO, OWN = "OpenVINOExecutionProvider", "CPUExecutionProvider"
"""The first comes with onnxruntime-openvino and is taken where it is there: who installs it wants it."""


def available() -> bool:
    """Return whether graphs can be run here: onnxruntime is installed, new enough to take weights from memory (1.18),
    and not switched off."""
    if os.environ.get(OFF):
        return False
    try:
        import onnxruntime
    except ImportError:
        return False
    return hasattr(onnxruntime.SessionOptions, "add_external_initializers")


class GraphRuntime:
    """The graph ``name`` with the present weights of ``network``; later changes of those do not reach it."""

    def __init__(self, name: str, network: nn.Module) -> None:
        import onnxruntime

        state = network.state_dict()
        wanted = (GRAPHS / f"{name}.names").read_text(encoding="ascii").split()
        # Copies, and kept: the session reads some of them where they are, while the network's own are tuned in place.
        self._weights = [np.array(state[key].detach().cpu().numpy(), order="C") for key in wanted]
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # its errors come as exceptions
        options.intra_op_num_threads = torch.get_num_threads()
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # seven graphs would keep their largest run's memory, each by itself
        # Threads that spin while they wait take the time of whoever else works.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        handed = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in self._weights]
        options.add_external_initializers(list(wanted), handed)
        # OpenVINO does not look at the session's number of threads.
        openvino = (OPENVINO, {"num_of_threads": str(torch.get_num_threads())})
        providers = [openvino, OWN] if OPENVINO in onnxruntime.get_available_providers() else [OWN]
        self._session = onnxruntime.InferenceSession(str(GRAPHS / f"{name}.onnx"), options, providers=providers)
        self._inputs: list[str] = [given.name for given in self._session.get_inputs()]

    def __call__(self, *inputs: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the outputs for ``inputs``, float32 arrays in the graph's order."""
        feed = dict(zip(self._inputs, inputs, strict=True))
        return [np.asarray(found) for found in self._session.run(None, feed)]


def version_of(network: nn.Module) -> tuple[int, ...]:
    """Return numbers that change whenever a weight of the network is changed in place.

    Tensors made in inference mode count no changes; a network that has one gets new numbers every time.
    """
    weights = list(network.state_dict(keep_vars=True).values())
    if any(value.is_inference() for value in weights):
        return (-next(_uncounted),)
    return tuple(int(value._version) for value in weights)


_uncounted = count(1)


class RuntimeCache:
    """The runtimes of one network by graph, each made when it is first asked for and again when weights have changed
    that it was made with."""

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._made: dict[str, tuple[tuple[int, ...], GraphRuntime]] = {}

    def of(self, name: str) -> GraphRuntime:
        """Return the runtime of the graph ``name``."""
        return self.of_all((name,))[0]

    def of_all(self, names: Sequence[str]) -> list[GraphRuntime]:
        """Return the runtimes of several graphs; looking through the weights for changes takes a tenth of a pass."""
        versions = version_of(self._network)
        found = []
        for name in names:
            held = self._made.get(name)
            if held is None or held[0] != versions:
                self._made.pop(name, None)
                held = versions, GraphRuntime(name, self._network)
                self._made[name] = held
            found.append(held[1])
        return found
