"""Who may speak to the studio: whoever has the token, from the studio's own pages, in messages of a sane size."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from urllib.parse import parse_qs

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 16 << 20
"""Bytes of a request at most; a mask of a 4K frame has about one million."""


class _TooLarge(Exception):
    """More bytes came than were announced, or allowed."""


class Guard:
    """Refuses before any handler runs: other hosts (a page elsewhere that made its name lead here), other origins, a
    wrong token, large bodies. Without ``hosts`` any name will do: a machine has many for those outside."""

    def __init__(self, app: ASGIApp, token: str, hosts: Collection[str], body_limit: int = BODY_LIMIT) -> None:
        self.app, self.token, self.hosts, self.body_limit = app, token, frozenset(hosts), body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        read, started = 0, False

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.body_limit:
                raise _TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, counted, noted)
        except _TooLarge:
            if not started:
                await self._too_large()(scope, receive, send)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        if self.hosts and host not in self.hosts:
            return PlainTextResponse("this address is not the studio's own", 403)
        origin = headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            return PlainTextResponse("only the studio's own pages may ask", 403)
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return PlainTextResponse("only the studio's own pages may ask", 403)
        query = parse_qs(scope["query_string"].decode("latin-1"))
        given = headers.get("x-studio-token") or query.get("token", [""])[0]
        if not secrets.compare_digest(given.encode(), self.token.encode()):
            return PlainTextResponse(
                "the token is missing or wrong; open the address that vsodboost studio printed", 403
            )
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self.body_limit:
            return self._too_large()
        return None

    def _too_large(self) -> PlainTextResponse:
        return PlainTextResponse(f"a request has {self.body_limit} bytes at most", 413)
