"""Arrays as tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def as_tensor(values: NDArray[Any]) -> Tensor:
    """Return a tensor that shares the array's memory; a read-only array, which tensors do not know, is copied."""
    return torch.from_numpy(values if values.flags.writeable else np.array(values))
