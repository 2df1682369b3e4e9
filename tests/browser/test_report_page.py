"""Reports in a real browser: nothing goes wrong, and mouse, keyboard, phone and the dark all work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from chromium import faults, opened
from small_reports import write_report

NAME = """"><img src=x onerror="alert(1)"> Bär 🐻"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report of 30 frames, of which 12 and 25 are doubted."""
    trust = [0.9] * 30
    trust[12], trust[25] = 0.3, 0.5
    folder = tmp_path_factory.mktemp("report") / "clip #1 ünï"
    write_report(folder, [trust[:20], trust[20:]], NAME)
    return (folder / "report.html").as_uri()


def frame_of(page: Any) -> int:
    """The frame that is shown."""
    return int(page.locator("#number").input_value())


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_no_serious_fault_at_any_width_light_or_dark(browser: Any, report: str, width: int, dark: bool) -> None:
    with opened(browser, report, width=width, dark=dark) as page:
        assert page.evaluate("document.documentElement.dataset.theme") == ("dark" if dark else "light")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.click("summary >> nth=0")
        assert faults(page) == []
        assert page.locator("h1").inner_text() == NAME
        assert page.locator("img[onerror]").count() == 0


def test_the_timeline_is_clicked_and_scrubbed(browser: Any, report: str) -> None:
    with opened(browser, report) as page:
        assert frame_of(page) == 12  # the least trusted
        box = page.locator("#timeline").bounding_box()
        left, right, middle = box["x"] + 34, box["x"] + box["width"] - 10, box["y"] + 60
        page.mouse.click(right, middle)
        assert frame_of(page) == 29
        page.mouse.move(left, middle)
        page.mouse.down()
        assert frame_of(page) == 0
        page.mouse.move(left + (right - left) * 25 / 29, middle, steps=3)
        page.mouse.up()
        assert frame_of(page) == 25
        assert "low_trust" in page.locator("#facts").inner_text()
        assert page.locator("#timeline").get_attribute("aria-valuetext") == "frame 25, trust .50, low trust"
        image = page.evaluate("(c => c.toDataURL())(document.getElementById('timeline'))")
        page.locator("#legend button").first.click()
        assert page.evaluate("(c => c.toDataURL())(document.getElementById('timeline'))") != image


def test_everything_is_reached_by_keyboard(browser: Any, report: str) -> None:
    with opened(browser, report) as page:
        for key, frame in [("ArrowRight", 13), ("Shift+ArrowRight", 23), ("Home", 0), ("ArrowLeft", 0), ("End", 29)]:
            page.keyboard.press(key)
            assert frame_of(page) == frame
        page.keyboard.press("n")
        assert frame_of(page) == 12
        page.keyboard.press("n")
        assert frame_of(page) == 25
        page.keyboard.press("s")
        page.keyboard.press("End")
        assert page.evaluate("document.getElementById('compare').style.getPropertyValue('--at')") == "100%"
        assert frame_of(page) == 25
        page.keyboard.press("Tab")
        page.locator("#timeline").focus()
        page.keyboard.press("?")
        assert page.locator("#keys").is_visible()
        page.keyboard.press("Escape")
        assert not page.locator("#keys").is_visible()
        seen = set()
        page.locator("body").click(position={"x": 1, "y": 1})
        for _ in range(60):
            page.keyboard.press("Tab")
            seen.add(page.evaluate("document.activeElement.id || document.activeElement.closest('ul')?.id"))
        assert {
            "theme",
            "timeline",
            "legend",
            "previous",
            "number",
            "slider",
            "left-kind",
            "over",
            "strip",
            "learned",
        } <= seen


def test_the_slider_shows_one_picture_left_and_another_right(browser: Any, report: str) -> None:
    with opened(browser, report) as page:
        assert page.locator("#left img").get_attribute("alt") == "target of frame 12"
        assert page.locator("#right img").get_attribute("alt") == "boosted of frame 12"
        place = page.locator("#compare")
        place.click(position={"x": place.bounding_box()["width"] / 4, "y": 30})
        assert page.locator("#slider").input_value() == "25"
        page.select_option("#left-kind", "frame")
        page.check("#over")
        assert page.locator("#left img").get_attribute("alt") == "source of frame 12"
        assert page.locator("#right img").count() == 2


def test_a_frame_without_pictures_shows_the_nearest(browser: Any, tmp_path: Path) -> None:
    write_report(tmp_path, [[0.9] * 90] * 4)
    with opened(browser, (tmp_path / "report.html").as_uri()) as page:
        page.fill("#number", "101")
        page.keyboard.press("Enter")
        note = page.locator("#note").inner_text()
        assert "no picture of this frame" in note and page.locator("#pictures img").count() == 2
        assert f"source of frame {note.rstrip('.').split()[-1]}" == page.locator("#pictures img").first.get_attribute(
            "alt"
        )


def test_the_theme_is_chosen(browser: Any, report: str) -> None:
    with opened(browser, report) as page:
        before = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        page.click("#theme")
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != before
        assert page.locator("#theme").get_attribute("aria-pressed") == "true"


def test_twenty_thousand_frames_open_and_are_scrubbed(browser: Any, tmp_path: Path) -> None:
    data = write_report(tmp_path, [[0.9] * 50])
    count = 20_000
    data["columns"] = {key: [(i % 97) / 97 for i in range(count)] for key in data["columns"]}
    data |= {"count": count, "names": [f"{i:05d}" for i in range(count)], "mined": list(range(0, count, 7))}
    from vsodboost.writers.report.page import report_page

    path = tmp_path / "long.html"
    path.write_text(report_page(json.loads(json.dumps(data))), encoding="utf-8")
    assert path.stat().st_size < 15_000_000
    with opened(browser, path.as_uri()) as page:
        page.keyboard.press("End")
        assert frame_of(page) == count - 1
        page.click("#zoom-in")
        page.keyboard.press("ArrowLeft")
        assert frame_of(page) == count - 2


def test_the_page_of_all_videos_is_sorted_and_leads_to_each(browser: Any, tmp_path: Path) -> None:
    from vsodboost.writers.report.index import write_index

    for name, trust in ((NAME, 0.5), ("b#?", 0.9), ("a10", 0.7), ("a9", 0.6)):
        write_report(tmp_path / name.replace("/", "_"), [[trust] * 3])
        run = {"video": name, "frames": 3, "trust": trust, "target_trust": 0.4, "mined": 1, "flags": {}}
        (tmp_path / name / "run.json").write_text(json.dumps(run))
    write_index(tmp_path, {"<i>lost": "the file is damaged"})
    with opened(browser, (tmp_path / "index.html").as_uri(), width=390) as page:
        assert faults(page) == []
        videos = page.locator("#videos tbody td:nth-child(2)")
        assert videos.all_inner_texts() == [NAME, "a9", "a10", "b#?"]
        page.click("#videos button >> text=video")
        assert videos.all_inner_texts()[1:3] == ["a9", "a10"]
        page.click("#videos button >> text=trust >> nth=1")
        page.click("#videos button >> text=trust >> nth=1")
        assert videos.all_inner_texts()[0] == "b#?"
        assert "the file is damaged" in page.locator("table").first.inner_text()
        page.click("text=b#?")
        assert page.locator("#timeline").is_visible()
