"""Where the shared development data lies; tests that need it skip with a reason when it is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def shared(*parts: str) -> Path:
    """Path of a file or folder of the shared data ($VSODBOOST_SHARED, else ../shared beside the checkout)."""
    root = Path(os.environ.get("VSODBOOST_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    path = root.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"needs shared data that is not here: {'/'.join(parts)}")
    return path
