"""The object's colours at its edge."""

from __future__ import annotations

import numpy as np
import pytest
from small_buffers import discs

from vsodboost.data.errors import UsageError
from vsodboost.ops import foreground as module
from vsodboost.ops.foreground import MARGIN, by_pymatting, foreground


def test_the_old_background_goes_out_of_the_edge() -> None:
    frames, maps = discs(1, (96, 128))
    alpha = np.rint(maps[0] * 255).astype(np.uint8)
    edge = (alpha > 25) & (alpha < 230)
    found = foreground(frames[0], alpha)
    colour = np.array([220, 60, 40])
    left = np.abs(found[edge].astype(int) - colour).mean()
    assert left < 6 < 20 < np.abs(frames[0][edge].astype(int) - colour).mean()
    inside = alpha == 255
    np.testing.assert_array_equal(found[inside], frames[0][inside])


def test_far_from_the_object_all_is_black_and_without_an_object_everything() -> None:
    frames, maps = discs(1, (96, 128))
    alpha = np.rint(maps[0] * 255).astype(np.uint8)
    for estimate in (module.blur_fusion, None):
        assert (foreground(frames[0], alpha, estimate)[:, 60 + MARGIN + 2 :] == 0).all()
        assert not foreground(frames[0], np.zeros_like(alpha), estimate).any()


def test_pymatting_is_asked_for_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'vsodboost\[matting\]'"):
        by_pymatting()
