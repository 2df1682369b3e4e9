"""Figures from an 8-bit map's counts of levels are those of its pixels."""

from __future__ import annotations

import numpy as np
import pytest
from map_files import frame
from numpy.typing import NDArray

from vsodboost.metrics import levels as levels_module
from vsodboost.metrics.figures import BlockScore
from vsodboost.metrics.grey_files import TruthMask
from vsodboost.metrics.levels import Levels
from vsodboost.metrics.protocols import ALL, DAVSOD, Protocol

SIZE = (48, 64)


def figures(levels: NDArray[np.uint8], truth: TruthMask, protocol: Protocol, *, by_pixels: bool) -> dict[str, float]:
    block = BlockScore()
    if by_pixels:
        block._score(*protocol.prepared(levels, truth.mask.shape), truth)
    else:
        block._score_levels(levels, truth, protocol)
    return block.figures()


def kinds() -> dict[str, tuple[NDArray[np.uint8], NDArray[np.bool_]]]:
    saliency, truth = frame(0)
    soft = (saliency * 240).astype(np.uint8)
    corner = np.zeros(SIZE, bool)
    corner[-3:, -3:] = True
    return {
        "soft": (soft, truth),
        "dim": (soft // 9 + 40, truth),
        "mask": ((soft > 90).astype(np.uint8) * 255, truth),
        "constant": (np.full(SIZE, 130, np.uint8), truth),
        "black": (np.zeros(SIZE, np.uint8), truth),
        "nothing there": (soft, np.zeros(SIZE, bool)),
        "all of it": (soft, np.ones(SIZE, bool)),
        "in the corner": (soft, corner),
    }


@pytest.mark.parametrize("protocol", [ALL, DAVSOD], ids=["all", "davsod"])
@pytest.mark.parametrize("kind", kinds())
@pytest.mark.parametrize("with_void", [False, True], ids=["", "void"])
def test_every_figure_is_that_of_the_pixels(kind: str, protocol: Protocol, with_void: bool) -> None:
    levels, mask = kinds()[kind]
    void = np.zeros(SIZE, bool)
    void[10:20, 5:40] = with_void
    truth = TruthMask(mask & ~void, void if with_void else None)
    counted, looked_at = (figures(levels, truth, protocol, by_pixels=by) for by in (False, True))
    assert counted == pytest.approx(looked_at, abs=1e-13)


def test_larger_frames_than_opencv_counts_exactly_are_counted_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    levels, mask = kinds()["soft"]
    whole = Levels(levels, mask).s_measure
    monkeypatch.setattr(levels_module, "EXACT", 3 * SIZE[1])
    assert Levels(levels, mask).s_measure == whole
