"""Frames through a network in batches that the device's memory holds."""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch


def in_batches(count: int, batch: int, work: Callable[[slice], None], name: str, *, least: int = 1) -> int:
    """Call ``work`` for the frames 0 to ``count``, ``batch`` at a time, and return how many at a time were possible.

    Where the device runs out of memory the batch is halved, down to ``least``, the same frames are tried again, and a
    warning of the logger ``vsodboost`` says so; ``name`` is what it calls the network.

    Raises:
        MemoryError: not even ``least`` frames fit.
    """
    start = 0
    while start < count:
        part = slice(start, min(start + batch, count))
        try:
            work(part)
        except torch.OutOfMemoryError as error:
            if batch <= least:
                raise MemoryError(str(error)) from error
        else:
            start = part.stop
            continue
        # Out of the handler, whose traceback holds on to what the failed call had taken.
        torch.cuda.empty_cache()
        smaller = max(least, min(batch, part.stop - part.start) // 2)
        text = "vsodboost: %s: not enough memory for %d frames at once; it goes on with %d"
        logging.getLogger("vsodboost").warning(text, name, part.stop - part.start, smaller)
        batch = smaller
    return batch
