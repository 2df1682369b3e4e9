"""``lite``: the project's own small spatial model as a target, frame by frame."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vsodboost.data.cards import TargetCard
from vsodboost.registry.hookspecs import RegisterTarget, hookimpl
from vsodboost.registry.interfaces import Request
from vsodboost.spatial import LITE_CARD, build_lite

if TYPE_CHECKING:
    from vsodboost.data.types import Clip, Maps
    from vsodboost.spatial.student import Student

CARD = TargetCard(
    summary="the embedded still-image model: needs no download and no weights file",
    mean=LITE_CARD.mean,
    std=LITE_CARD.std,
    batch=8,
    learning_rate=LITE_CARD.learning_rate,
)


class LiteTarget:
    """The untuned spatial model, frame by frame."""

    def __init__(self, request: Request) -> None:
        from vsodboost.spatial.student import Student

        self.student = Student(build_lite(request), LITE_CARD, request.device)

    def predict(self, clip: Clip) -> Maps:
        """Maps ``float32[T, h, w]`` in [0, 1] at the working size."""
        from vsodboost.ops.resize import resize_frames, working_size

        return self.student.predict(resize_frames(clip.frames, working_size(clip.size)))

    def twin(self, learning_rate: float | None = None) -> Student:
        """A copy that can be fine-tuned."""
        from copy import deepcopy

        from vsodboost.spatial.student import Student

        rate = learning_rate or LITE_CARD.learning_rate
        return Student(deepcopy(self.student.network), replace(LITE_CARD, learning_rate=rate), self.student.device)


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    register("lite", LiteTarget, CARD)
