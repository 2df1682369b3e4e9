"""Serving the studio: a socket on this machine alone, and an address with the token in it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from vsodboost.data.errors import UsageError
from vsodboost.studio.server import Studio

PORT = 8737
"""Asked for first, so that tabs find a studio that was started again."""


def bound(host: str, port: int | None) -> socket.socket:
    """Return a listening socket: at ``port``, or at 8737, or at any free one if that is taken.

    Raises:
        UsageError: the port that was asked for is taken, or the host is none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    wanted = [PORT, 0] if port is None else [port]
    for number in wanted:
        opened = socket.socket(family, socket.SOCK_STREAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((host, number))
            opened.listen(64)
        except (OSError, OverflowError) as error:
            opened.close()
            if number == wanted[-1]:
                reason = getattr(error, "strerror", None) or str(error)
                raise UsageError(f"cannot listen on {host}, port {number}: {reason}; choose another --port") from error
            continue
        return opened
    raise AssertionError("no port was tried")


def serve(studio: Studio, host: str, port: int | None, ready: Callable[[str], None]) -> None:
    """Serve until told to end. ``ready`` gets the address to open.

    Raises:
        UsageError: see ``bound``.
    """
    with bound(host, port) as listening:
        number = listening.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        names = [shown, "127.0.0.1", "localhost", "[::1]"] if is_loopback(host) else []
        token = studio.workspace.token()
        app = studio.app(token, [f"{name}:{number}" for name in names])
        shown = socket.gethostname() if host in ("0.0.0.0", "::") else shown
        config = uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=2, lifespan="on")
        server = _Server(config, studio, lambda: ready(f"http://{shown}:{number}/?token={token}"))
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the host."""
    return host in ("127.0.0.1", "localhost", "::1") or host.startswith("127.")


class _Server(uvicorn.Server):
    """Says when it is ready, and ends what keeps connections open before it waits for them."""

    def __init__(self, config: uvicorn.Config, studio: Studio, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._studio, self._ready = studio, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        self._studio.events.close()
        await super().shutdown(sockets=sockets)
