"""Arithmetic of half the width on a GPU that is made for it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch


def narrow(device: str, *, learning: bool = False) -> AbstractContextManager[object]:
    """Return the context in which a network predicts or learns on ``device``: on a CUDA device torch's automatic mixed
    precision, float16 to predict and bfloat16, whose range needs no scaling of the loss, to learn; elsewhere nothing
    changes."""
    if torch.device(device).type != "cuda":
        return nullcontext()
    return torch.autocast("cuda", torch.bfloat16 if learning else torch.float16)
