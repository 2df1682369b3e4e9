"""The pool: every proposal of the video without order (P and F of paper 000), kilobytes a frame."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.types import Boxes, Proposals


@dataclass(frozen=True)
class ProposalPool:
    """N proposals: ``frame`` int64[N] in the video, ``boxes`` float32[N, 4] px at the working size, ``scores``
    float32[N], ``motion`` float32[N] (PMS, Eq. 8), ``features`` float32[N, D], ``mirrored`` the same of the mirrored
    frames or None, ``crops`` the encoded pictures or None."""

    frame: NDArray[np.int64]
    boxes: Boxes
    scores: NDArray[np.float32]
    motion: NDArray[np.float32]
    features: NDArray[np.float32]
    mirrored: NDArray[np.float32] | None = None
    crops: tuple[bytes, ...] | None = None

    def __len__(self) -> int:
        return len(self.frame)

    def rows(self, first: int, count: int) -> NDArray[np.int64]:
        """Indices of the proposals of frames ``first`` to ``first + count`` (half-open)."""
        return np.flatnonzero((self.frame >= first) & (self.frame < first + count))


@dataclass
class ProposalPoolBuilder:
    """Collects proposals scene by scene; features are held in half precision."""

    _frame: list[NDArray[np.int64]] = field(default_factory=list)
    _boxes: list[Boxes] = field(default_factory=list)
    _scores: list[NDArray[np.float32]] = field(default_factory=list)
    _motion: list[NDArray[np.float32]] = field(default_factory=list)
    _features: list[NDArray[np.float16]] = field(default_factory=list)
    _mirrored: list[NDArray[np.float16]] = field(default_factory=list)
    _crops: list[bytes] = field(default_factory=list)

    def add(
        self,
        frame: int,
        proposals: Proposals,
        motion: NDArray[np.float32],
        features: NDArray[np.float32],
        mirrored: NDArray[np.float32] | None = None,
        crops: list[bytes] | None = None,
    ) -> None:
        """The proposals of one frame of the video and what is known of each; a frame without any may be left out."""
        self._frame.append(np.full(len(proposals), frame, np.int64))
        self._boxes.append(proposals.boxes)
        self._scores.append(proposals.scores)
        self._motion.append(motion)
        self._features.append(features.astype(np.float16))
        if mirrored is not None:
            self._mirrored.append(mirrored.astype(np.float16))
        self._crops += crops or []

    def build(self) -> ProposalPool | None:
        """Everything that was added, None if that is not one proposal."""
        if sum(map(len, self._frame)) == 0:
            return None
        return ProposalPool(
            np.concatenate(self._frame),
            np.concatenate(self._boxes).astype(np.float32),
            np.concatenate(self._scores).astype(np.float32),
            np.concatenate(self._motion).astype(np.float32),
            np.concatenate(self._features).astype(np.float32),
            np.concatenate(self._mirrored).astype(np.float32) if self._mirrored else None,
            tuple(self._crops) or None,
        )
