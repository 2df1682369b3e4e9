"""How a flow network wants its pictures, and the options that all flow networks have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn


OPTIONS = {
    "weights": "weights file of this network, instead of the one that `vsodboost weights add` stored",
    "batch": "pairs of frames that run at once (default 1 on the CPU, else as many as fill two megapixels)",
}


@dataclass(frozen=True)
class Recipe:
    """How a network wants its pictures.

    ``run(network, first, second)`` gets pictures ``float[N, 3, h, w]`` in [0, 1] and returns flow
    ``float[N, 2, h', w']`` at any resolution, in px of (h, w). Both sides are multiples of ``multiple`` and at least
    ``least`` px; ``bgr`` says in which order the channels come.
    """

    run: Callable[[nn.Module, Tensor, Tensor], Tensor]
    multiple: int
    least: int = 1
    bgr: bool = True
