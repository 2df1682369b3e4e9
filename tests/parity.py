"""Numeric parity with the published networks: weights and inputs by formula, outputs stored in the shared data."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Mapping
from typing import Any

import torch
from shared_data import shared
from torch import nn


class Parity:
    """One stored case: ``manifest`` {key: shape}, formula weights, inputs, and the comparison."""

    def __init__(self, name: str) -> None:
        self._folder = shared("parity")
        self._info = json.loads((self._folder / "fixtures.json").read_text())["models"][name]
        spec = importlib.util.spec_from_file_location("parity_fill", self._folder / "fill.py")
        assert spec is not None and spec.loader is not None
        self._fill: Any = importlib.util.module_from_spec(spec)
        sys.modules["parity_fill"] = self._fill
        spec.loader.exec_module(self._fill)

    @property
    def manifest(self) -> dict[str, tuple[int, ...]]:
        """The published keys and shapes."""
        rows = (line.split("\t") for line in (self._folder / self._info["keys"]).read_text().splitlines())
        return {key: tuple(int(n) for n in shape.strip("()").split(",") if n.strip()) for key, shape, _ in rows}

    def weights(self) -> dict[str, Any]:
        """Formula weights for the published keys, as NumPy arrays."""
        filled: dict[str, Any] = self._fill.fill_state_dict(self.manifest, gain=self._info["gain"])
        return filled

    def inputs(self) -> list[Any]:
        """Positional arguments of the forward call, as tensors or lists of tensors."""
        arrays = self._fill.make_inputs(self._info)
        return [[torch.from_numpy(x) for x in a] if isinstance(a, list) else torch.from_numpy(a) for a in arrays]

    def check(self, outputs: Any) -> None:
        """Compare with the stored outputs at the stored tolerances."""
        self._fill.check(outputs, self._folder / self._info["fixture"], self._info["rtol"], self._info["atol"])


def check_network(name: str, network: nn.Module, weights: Mapping[str, Any] | None = None) -> None:
    """Strict keys and shapes (unless converted ``weights`` are given), then the outputs, against one stored case."""
    case = Parity(name)
    if weights is None:
        own = {key: tuple(value.shape) for key, value in network.state_dict().items()}
        assert own == case.manifest
        weights = {key: torch.from_numpy(value) for key, value in case.weights().items()}
    network.load_state_dict(dict(weights), strict=True)
    with torch.inference_mode():
        case.check(network.eval()(*case.inputs()))
