"""Pages in a real browser, for tests: what a page says to its console fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any


@contextmanager
def opened(
    browser: Any, address: str, *, width: int = 1280, dark: bool = False, offline: bool = False, **context: Any
) -> Iterator[Any]:
    """A page at ``address``; at the end of the block it must have had no error and have said nothing to the console.
    ``offline``: the network is cut on the way, of which Chromium complains by itself."""
    said: list[str] = []
    with browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", **context
    ) as own:
        page = own.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address)
        yield page
        assert [line for line in said if not (offline and "net::ERR" in line)] == []


def faults(page: Any) -> list[str]:
    """What axe-core finds wrong with the page, the minor faults left out."""
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    page.evaluate(axe)
    found = page.evaluate("axe.run()")["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found if v["impact"] in ("serious", "critical")]
