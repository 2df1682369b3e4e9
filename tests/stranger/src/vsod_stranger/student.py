"""A spatial model, the student: two small convolutions."""

from __future__ import annotations

from typing import Any

import vsodboost


def build(request: vsodboost.Request) -> Any:
    """The network: images ``[N, 3, h, w]`` to logits ``[N, 1, h, w]``."""
    import torch
    from torch import nn

    torch.manual_seed(request.seed)
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 3, padding=1))


@vsodboost.hookimpl
def vsodboost_register_spatial_models(register: Any) -> None:
    """``--spatial-model two-layers``."""
    card = vsodboost.SpatialModelCard("two convolutions", learning_rate=0.01)
    register("two-layers", build, card)
