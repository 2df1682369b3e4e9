"""Which of a detector's many boxes become proposals; the options for it that every detector has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vsodboost.registry.options import Options

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vsodboost.data.types import Boxes, Proposals


FLAG = "--detector-option"
CANDIDATES = 1000
"""Best raw detections that are looked at; suppression is quadratic in their number."""


@dataclass(frozen=True)
class Selection:
    """Which detections become proposals: scored at least ``least``, IoU up to ``overlap``, up to ``most`` a frame."""

    least: float = 0.01
    overlap: float = 0.5
    most: int = 10

    def __call__(self, boxes: Boxes, scores: NDArray[np.float32], size: tuple[int, int]) -> Proposals:
        """Proposals of a frame of ``size`` (H, W) from its raw detections."""
        import numpy as np

        from vsodboost.ops.boxes import best_proposals

        if len(scores) > CANDIDATES:
            best = np.sort(np.argpartition(-scores, CANDIDATES)[:CANDIDATES])
            boxes, scores = boxes[best], scores[best]
        return best_proposals(boxes, scores, size, least=self.least, overlap=self.overlap, most=self.most)


SELECTING = {
    "score": "lowest score that counts (default {least})",
    "iou": "overlap above which the weaker of two boxes goes (default {overlap})",
    "top": "proposals a frame at most (default {most})",
}


def selection_options(default: Selection) -> dict[str, str]:
    """Help on the options that every detector has."""
    values = {"least": default.least, "overlap": default.overlap, "most": default.most}
    return {name: text.format(**values) for name, text in SELECTING.items()}


def selection(options: Options, default: Selection) -> Selection:
    """The selection that the user's options ask for."""
    return Selection(
        options.share("score", default.least), options.share("iou", default.overlap), options.whole("top", default.most)
    )
