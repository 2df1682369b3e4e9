"""A ``lite`` network with weights drawn once, for tests that need its shapes and not its judgement."""

from __future__ import annotations

from functools import cache

import torch

from vsodboost.networks.lite import LiteNetwork


@cache
def drawn_network() -> LiteNetwork:
    """The same network for all tests of a run; nobody may train it."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return LiteNetwork().eval()
