"""The C library's allocator, told not to give memory back to the system at every tensor.

A network's layers ask for and drop blocks of some MB all the time. By default glibc takes each from the system and
returns it, and clearing the pages anew takes up to half of a network's time on the CPU.
"""

from __future__ import annotations

import ctypes
import os
import sys

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3  # mallopt(3)
_KEPT = 128 << 20
_STEP = 64 << 20
_LARGEST = 32 << 20
"""Larger blocks still come from the system and go back to it: whole buffers of frames and maps are among them."""


def keep_freed_memory() -> bool:
    """Keep up to half a GB of freed memory in this process for the next tensors; for programs, not for libraries.

    Does nothing (and returns False) where the allocator is not glibc's, or where the environment already sets it.
    """
    if not sys.platform.startswith("linux") or any(
        name.startswith(("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD")) for name in os.environ
    ):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    settings = ((_MMAP_THRESHOLD, _LARGEST), (_TRIM_THRESHOLD, _KEPT), (_TOP_PAD, _STEP))
    return all(mallopt(name, value) == 1 for name, value in settings)
