"""What happens, told to every open tab: server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

QUEUE = 200
"""Events that wait for a tab that does not read; then it is cut off, and asks anew."""
PULSE = 15.0
"""Seconds after which a silent connection is written to, so that a tab that has gone is noticed."""


class Events:
    """Told from any thread, heard in the server's loop."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[str | None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def tell(self, kind: str, **facts: Any) -> None:
        """Tell every tab; from whatever thread."""
        text = f"event: {kind}\ndata: {json.dumps(facts)}\n\n"
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put, text)

    async def listen(self, first: str = "") -> AsyncIterator[str]:
        """Yield events as text for the connection, ``first`` before all others."""
        self._loop = asyncio.get_running_loop()
        queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE)
        self._listeners.add(queue)
        try:
            yield f"retry: 1000\n\n{first}"
            while True:
                try:
                    text = await asyncio.wait_for(queue.get(), PULSE)
                except (TimeoutError, asyncio.TimeoutError):
                    text = ": still here\n\n"
                if text is None:
                    return
                yield text
        finally:
            self._listeners.discard(queue)

    def close(self) -> None:
        """End every connection."""
        if self._loop is not None and not self._loop.is_closed():
            for queue in list(self._listeners):
                self._loop.call_soon_threadsafe(self._end, queue)

    def _put(self, text: str) -> None:
        for queue in list(self._listeners):
            if queue.full():
                self._end(queue)
            else:
                queue.put_nowait(text)

    def _end(self, queue: asyncio.Queue[str | None]) -> None:
        self._listeners.discard(queue)
        while queue.full():
            queue.get_nowait()
        queue.put_nowait(None)
