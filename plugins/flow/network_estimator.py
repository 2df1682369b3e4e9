"""From a flow network to an estimator: sizes, colour order, batches, weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from vsodboost.data.cards import WeightsSource
from vsodboost.data.types import FlowField, Frames
from vsodboost.registry.interfaces import Request
from vsodboost.registry.options import Options
from vsodboost.weights import load_into
from vsodboost.weights.matching import fit
from vsodboost.weights.reading import read_checkpoint

from .frame_pairs import check_frame_pairs, no_flow
from .networks.operations import resized
from .recipe import Recipe

PIXELS_AT_ONCE = 1 << 21  # on an accelerator; on the CPU a larger batch costs memory and saves no time


class NetworkEstimator:
    """A flow network as FlowEstimator: frames of any size in, px at that size out."""

    def __init__(self, network: nn.Module, recipe: Recipe, device: str = "cpu", batch: int | None = None) -> None:
        self._network = network.to(device).eval()
        self._recipe = recipe
        self._device = torch.device(device)
        self._batch = batch

    def estimate(self, first: Frames, second: Frames) -> FlowField:
        """Flow ``float32[N, H, W, 2]`` in px from ``first[n]`` to ``second[n]``, both ``uint8[N, H, W, 3]`` RGB."""
        count, height, width = check_frame_pairs(first, second)
        flow = no_flow(count, height, width)
        at_once = self._batch or (1 if self._device.type == "cpu" else max(1, PIXELS_AT_ONCE // (height * width)))
        for start in range(0, count, at_once):
            part = slice(start, start + at_once)
            with torch.inference_mode():
                found = self._flow(self._pictures(first[part]), self._pictures(second[part]))
            flow[part] = found.permute(0, 2, 3, 1).cpu().numpy()
        return flow

    def _pictures(self, frames: Frames) -> Tensor:
        # Writable: torch warns of read-only arrays, as a scene's are.
        ordered = np.require(frames[..., ::-1] if self._recipe.bgr else frames, requirements=("C", "W"))
        return torch.from_numpy(ordered).to(self._device).permute(0, 3, 1, 2).float() / 255

    def _flow(self, first: Tensor, second: Tensor) -> Tensor:
        height, width = first.shape[-2:]
        size = (self._allowed(height), self._allowed(width))
        flow = self._recipe.run(self._network, resized(first, size), resized(second, size))
        scale = flow.new_tensor((width / size[1], height / size[0])).view(1, 2, 1, 1)
        return resized(flow, (height, width)) * scale

    def _allowed(self, side: int) -> int:
        multiple = self._recipe.multiple
        return -(-max(side, self._recipe.least) // multiple) * multiple


def estimator(name: str, source: WeightsSource, recipe: Recipe, request: Request) -> NetworkEstimator:
    """The network of ``source`` with the weights stored under ``name`` (or option ``weights``), for one run.

    Raises:
        WeightsError: there are none (the message says how to add them), or they belong to another network.
    """
    assert source.build is not None
    network = source.build()
    if (file := request.options.get("weights")) is None:
        load_into(network, name, source)
    else:
        tensors = read_checkpoint(Path(file))
        renamed = source.rename(tensors) if source.rename else tensors
        network.load_state_dict(fit(renamed, network.state_dict(), what=f"{file} is not for '{name}'"))
    batch = Options(request.options, "--flow-option").whole("batch", 0, least=0) or None
    return NetworkEstimator(network, recipe, request.device, batch)
