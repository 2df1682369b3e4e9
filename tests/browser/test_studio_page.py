"""The studio in a real browser: from opening a clip to painting one frame to a better result, and what disturbs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("uvicorn", reason="no uvicorn here: pip install '.[studio]'")
from chromium import faults, opened
from studios import SIZE, SQUARE, Served, results, served, write_clip

LONG = 300_000
"""Milliseconds that a boost may take on a machine with much else to do."""
PAINTED = 2
READY = "#easel[aria-busy='false']:visible"
"""The frame can be painted on."""


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Served]:
    """A studio over a clip that was not boosted yet."""
    write_clip(tmp_path / "clip")
    with served(tmp_path / "out", tmp_path / "clip") as running:
        yield running


def maps(folder: Path) -> np.ndarray:
    """The maps of a round, ``float[T, H, W]`` in [0, 1]."""
    return np.stack([cv2.imread(str(file), 0) for file in sorted(folder.glob("[0-9]*.png"))]) / 255


def in_square(saliency: np.ndarray) -> float:
    """Mean over the maps of what the square has more than the rest."""
    inside = np.zeros(SIZE, bool)
    inside[SQUARE] = True
    return float(saliency[:, inside].mean() - saliency[:, ~inside].mean())


def wait_for_version(page: Any, version: int) -> None:
    """Wait until the page knows that the server holds this version of the label. By asking again and again: what
    Playwright has for it is an ``eval``, which the page's policy forbids."""
    while page.evaluate(f"studio.labels[{PAINTED}]?.at") != version:
        page.wait_for_timeout(50)


def paint_square(page: Any) -> None:
    """Say that the square, and nothing else, is the object: nothing is, then a polygon around it."""
    page.wait_for_selector(READY)
    page.click("#empty")
    page.wait_for_selector("#boost:has-text('1 label')")
    page.click("[data-tool=polygon]")
    rows, columns = SQUARE
    canvas = page.locator("#mask")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    across, down = box["width"] / SIZE[1], box["height"] / SIZE[0]
    corners = [(columns.start, rows.start), (columns.stop, rows.start), (columns.stop, rows.stop)]
    for x, y in [*corners, (columns.start, rows.stop), corners[0]]:
        canvas.click(position={"x": x * across, "y": y * down})


def test_from_a_clip_to_a_painted_frame_to_a_better_result(studio: Served, browser: Any, tmp_path: Path) -> None:
    video = studio.studio.workspace.videos["clip"]
    with opened(browser, f"{studio.address}/?token={studio.token}") as page:
        page.click("text=clip")
        page.click("#boost")
        page.click("#stop")
        page.click("#resume", timeout=LONG)  # it was stopped, and is gone on with
        page.wait_for_selector("#stop:visible", timeout=LONG)
        assert studio.ask("/video/clip/boost", "POST")[0] == 409  # one at a time
        page.reload()  # in the middle of it
        page.wait_for_selector("#timeline", timeout=LONG)
        page.wait_for_selector("#wanted button")
        assert faults(page) == []
        assert page.locator("#boost").is_disabled()
        page.fill("#number", str(PAINTED))
        page.keyboard.press("Enter")
        page.locator("#paint").click()
        paint_square(page)
        page.wait_for_selector("#undo:not([disabled])")
        wait_for_version(page, 2)
        page.reload()
        page.wait_for_selector(READY)
        assert page.locator("#number").input_value() == str(PAINTED)
        assert page.locator("#label-state").inner_text() == "has a label"
        page.locator("#boost").click()
        page.wait_for_selector("#changed", timeout=LONG)
        assert "with the labels" in page.locator("main").inner_text()
        assert page.locator("#left img").get_attribute("alt") == f"before the labels of frame {PAINTED}"
        with page.expect_download() as saved:
            page.click("#labels-zip")
        assert saved.value.suggested_filename == "labels.zip"
        page.click("[data-keep='1']")
        page.wait_for_selector("[data-keep='0']")  # now the first boost could be put back
    assert (tmp_path / "out" / "clip" / "report.html").is_file()
    before, after = (maps(r.folder) for r in video.rounds.finished())
    assert np.array_equal(maps(tmp_path / "out" / "clip"), after)  # it was put in place
    label = after[PAINTED]
    inside = np.zeros(SIZE, bool)
    inside[SQUARE] = True
    assert ((label > 0.5) & inside).sum() / ((label > 0.5) | inside).sum() > 0.85  # as it was painted
    others = [t for t in range(len(after)) if t != PAINTED]
    assert in_square(after[others]) > in_square(before[others]) + 0.1


def test_two_tabs_agree_and_strokes_outlive_a_server_that_is_gone_for_a_while(
    studio: Served,
    browser: Any,
    tmp_path: Path,
) -> None:
    results(tmp_path / "out", "clip")
    address = f"{studio.address}/video/clip?token={studio.token}#frame={PAINTED}&paint"
    with opened(browser, address, offline=True) as one, opened(browser, address) as other:
        for page in (one, other):
            page.wait_for_selector(READY)
        one.locator("#mask").click(position={"x": 200, "y": 100})
        other.wait_for_selector("#label-state:text-is('has a label')")
        other.keyboard.press("Control+z")
        one.wait_for_selector("#label-state:has-text('no label')")
        one.keyboard.press("Control+y")
        other.wait_for_selector("#label-state:text-is('has a label')")
        one.wait_for_selector(READY)
        one.locator("#mask").focus()
        one.keyboard.press("ArrowRight")
        one.keyboard.press("x")
        one.keyboard.press("Enter")
        wait_for_version(one, 2)
        store = studio.studio.workspace.videos["clip"].labels
        assert store.history("00002").versions == 2
        before = cv2.imread(str(store.folder / "00002" / "0001.png"), 0)
        after = cv2.imread(str(store.folder / "00002" / "0002.png"), 0)
        assert (before > 0).sum() > (after > 0).sum() > 0  # "is not" takes away
        one.context.set_offline(True)
        one.locator("#mask").click(position={"x": 60, "y": 60})
        one.wait_for_selector("#trouble:has-text('sent again')")
        one.context.set_offline(False)
        one.wait_for_selector("#trouble:text-is('')", state="attached")
        wait_for_version(one, 3)
        assert store.history("00002").at == 3


def test_painting_on_a_phone_in_the_dark(studio: Served, browser: Any, tmp_path: Path) -> None:
    results(tmp_path / "out", "clip")
    address = f"{studio.address}/video/clip?token={studio.token}#frame=1&paint"
    with opened(browser, address, width=390, dark=True, has_touch=True) as page:
        page.wait_for_selector(READY)
        assert faults(page) == []
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
        page.click("[data-tool=part]")
        page.locator("#mask").tap(position={"x": 60, "y": 60})
        page.wait_for_selector("#label-state:text-is('has a label')")
