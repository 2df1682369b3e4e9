"""Networks that see little: a boost costs a twentieth, and everything around it is the same."""

from __future__ import annotations

import functools

import pytest

from vsodboost.ops import resize
from vsodboost.pipeline import plan

SIZE = (64, 96)
"""(h, w) in px, whatever the video's size."""


def see_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scenes are worked on at ``SIZE``, and so is the target ``lite``."""
    monkeypatch.setattr(plan, "Plan", functools.partial(plan.Plan, working=lambda size: SIZE))
    monkeypatch.setattr(resize, "working_size", lambda size: SIZE)


@pytest.fixture
def small_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as a fixture."""
    see_small(monkeypatch)
