"""What belongs together in neighbouring frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.rows import Rows


@dataclass(frozen=True)
class Links(Rows):
    """Of T frames at (h, w): flow ``forward`` to the next and ``backward`` to the last, ``float16[T, h, w, 2]`` px,
    with weights ``float16[T, h, w]`` in [0, 1], 0 where there is no such frame in the shot (kept in half precision:
    they are the largest thing that stays in memory for a buffer)."""

    forward: NDArray[np.float16]
    forward_weight: NDArray[np.float16]
    backward: NDArray[np.float16]
    backward_weight: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.forward)
