"""Freed memory, given back to the system.

glibc hands out aligned blocks, which tensors are, so that a freed one seldom serves the next tensor of the same size:
after a buffer of frames some 400 MB lie idle in pieces between what is in use, and buffers at the source size come on
top of that.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any


def give_back() -> None:
    """Give whole free pages of the C library's heap back: some 20 ms, so between the stages of a buffer, not in them.
    Does nothing where the allocator is not glibc's."""
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    """Return malloc_trim(3), None where there is none."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
