"""A network of one hidden layer on a handful of named figures, small enough to be a text file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import WeightsError
from vsodboost.data.texts import json_value

M = TypeVar("M", bound="SmallModel")


@dataclass(frozen=True)
class SmallModel:
    """Answers a number in [0, 1] from K figures: ``mean``, ``scale`` float32[K], ``hidden`` float32[K, H],
    ``hidden_bias``, ``out`` float32[H]. A kind of model says what it is in
    ``WHAT`` and names its figures in ``NAMES``."""

    WHAT: ClassVar[str] = "model"
    NAMES: ClassVar[tuple[str, ...]] = ()
    FORMER_NAMES: ClassVar[Mapping[str, str]] = {}

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    hidden: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    out: NDArray[np.float32]
    out_bias: float

    def logit(self, figures: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the answer's log odds ``float32[N]`` for ``float32[N, K]``."""
        x = (figures - self.mean) / self.scale
        hidden = np.tanh(x @ self.hidden + self.hidden_bias)
        return np.asarray(hidden @ self.out + self.out_bias, np.float32)

    def estimate(self, figures: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the answer ``float32[N]`` in [0, 1] for ``float32[N, K]``."""
        return np.asarray(1 / (1 + np.exp(-self.logit(figures))), np.float32)

    def to_json(self) -> str:
        """Return it as its file holds it."""
        values: dict[str, Any] = {k: np.asarray(v).round(5).tolist() for k, v in self.__dict__.items()}
        return json.dumps({"features": self.NAMES, **values})

    @classmethod
    def from_json(cls: type[M], text: str) -> M:
        """Read what ``to_json`` wrote. Raises ValueError when the figures are not those of this version."""
        values = json_value(text)
        names = values.pop("clues") if "clues" in values else values.pop("features")
        if tuple(cls.FORMER_NAMES.get(name, name) for name in names) != cls.NAMES:
            raise ValueError("its features are not those of this version")
        known = {f.name for f in fields(cls)} - {"out_bias"}
        arrays: dict[str, Any] = {k: np.asarray(v, np.float32) for k, v in values.items() if k in known}
        return cls(**arrays, out_bias=float(values["out_bias"]))

    @classmethod
    def read(cls: type[M], path: Path) -> M:
        """Return the model in a file. Raises WeightsError when it is missing or of another version."""
        try:
            return cls.from_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WeightsError(f"the {cls.WHAT} {path} cannot be used ({error}); reinstall vsodboost") from error
