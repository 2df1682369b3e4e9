"""The page: whatever a video is called, it is one file that asks for nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

from small_reports import write_report

from vsodboost.writers.report.page import index_page, script_json

NAME = """<img src=x onerror="alert('1')">&amp;Bär 🐻 ünïcode</script>"""


def test_names_are_escaped_in_html_and_in_the_data(tmp_path: Path) -> None:
    write_report(tmp_path, [[0.9, 0.4]], NAME, warnings=["<i>lost</i>"])
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<img src=x" not in page and "<i>lost</i>" not in page and "<b>why</b>" not in page
    assert page.count("</script>") == 2 and "&lt;img src=x onerror=&#34;" in page
    inside = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert inside is not None and json.loads(inside[1])["video"] == NAME


def test_the_page_asks_for_nothing(tmp_path: Path) -> None:
    write_report(tmp_path, [[0.9, 0.4]])
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search(r'(src|href)="(?!data:|#)', re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))
    assert "default-src 'none'" in page and "http://" not in page.replace("http://www.w3.org/2000/svg", "")


def test_json_in_a_script_is_the_same_json() -> None:
    value = {"a": "</script><!-- & \u2028", "b": [1.5, None]}
    text = str(script_json(value))
    assert json.loads(text) == value and not set("<>&") & set(text) and text.isascii()


def test_an_index_of_nothing_is_a_page() -> None:
    page = index_page({"videos": [], "failed": {"<b>": "cannot & will not"}, "mean": {}, "columns": []})
    assert "&lt;b&gt;" in page and "cannot &amp; will not" in page
