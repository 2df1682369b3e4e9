"""``vsodboost wrap --json`` with a model that prints."""

# ruff: noqa: F811 (fixtures are imported by name)
from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from small_wraps import Wrap, frame_folder, work_small, wrap  # noqa: F401

NOISY = """
print("loading checkpoint ...")
def maps(frames):
    print("predict", frames.shape)
    return frames.mean(-1) / 255
"""


@pytest.mark.usefixtures("work_small")
@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_what_a_model_prints_is_not_in_the_json(
    wrap: Wrap, more: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path.cwd()))
    monkeypatch.delitem(sys.modules, "noisy", raising=False)
    Path("noisy.py").write_text(NOISY, encoding="utf-8")
    frame_folder(Path("clip"))
    left = wrap("clip", "-o", "out", "-t", "torch:noisy:maps", "--json", *more)
    assert left.code == 0 and json.loads(left.out)
    assert "loading checkpoint ..." in left.lines and any("predict" in line for line in left.lines) != bool(more)
