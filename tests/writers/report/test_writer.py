"""The writer ``report``: what report.json says of a video."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_reports import buffer_of, write_report

from vsodboost.io.array_source import ArraySource
from vsodboost.registry.writer import VideoOutput
from vsodboost.writers.report import data as report_data
from vsodboost.writers.report.pictures import fitted
from vsodboost.writers.report.writer import Report


def picture(uri: str) -> np.ndarray:
    """The picture behind a data URI, ``uint8[h, w, 3]``."""
    head, _, text = uri.partition(",")
    assert head == "data:image/webp;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB"))


def test_every_frame_has_its_numbers_and_what_is_shown_has_its_pictures(tmp_path: Path) -> None:
    data = write_report(tmp_path, [[0.9, 0.8, 0.4], [0.7, 0.6]])
    assert data["count"] == 5 and data["names"] == ["00000", "00001", "00002", "00003", "00004"]
    assert data["columns"]["trust"] == [0.9, 0.8, 0.4, 0.7, 0.6] and "trust_low" not in data["columns"]
    assert data["mined"] == [1, 4] and data["flags"] == {"low_trust": [2]} and data["cuts"] == [3]
    assert data["mining"][1] == {"first": 3, "count": 2, "notes": {"note": "<b>why</b>"}}
    assert data["full"][0]["index"] == 2 and data["full"][0]["why"] == "least trust"
    pictures = data["full"][0]["pictures"]
    assert list(pictures) == ["frame", "motion", "motion_map", "target", "boosted", "doubt"]
    boosted, target = picture(pictures["boosted"]), picture(pictures["target"])
    assert boosted[20, 20].min() > 200 and boosted[8, 8].max() < 50  # the one disc, not the other
    assert target[8, 8].min() > 200 and target[22, 22].max() < 50
    assert [thumb["index"] for thumb in data["thumbs"]] == [0, 1, 2, 3, 4]


def test_what_makes_no_sense_is_not_shown(tmp_path: Path) -> None:
    still = buffer_of(0, [0.9, 0.9], static=np.array([True, True]), no_target=np.array([True, False]))
    writer = Report()
    writer.begin(VideoOutput(tmp_path, ArraySource(np.zeros((1, 32, 32, 3), np.uint8), "clip"), (32, 32)))
    writer.add(still)
    assert list(writer._full[0]) == ["frame", "boosted", "doubt"]
    assert list(writer._full[1]) == ["frame", "target", "boosted", "doubt"]


def test_a_report_keeps_within_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = write_report(tmp_path, [[0.9] * 40])
    size = (tmp_path / "report.json").stat().st_size
    monkeypatch.setattr(report_data, "SHORT_LIMIT", size - 4000)
    less = write_report(tmp_path, [[0.9] * 40])
    assert 0 < len(less["full"]) < len(whole["full"])
    assert less["full"] == whole["full"][: len(less["full"])]
    assert (tmp_path / "report.json").stat().st_size < size - 4000


def test_pictures_shrink_and_never_grow() -> None:
    assert fitted(np.zeros((480, 854, 3), np.uint8), 640).shape == (360, 640, 3)
    assert fitted(np.zeros((20, 30), np.uint8), 640).shape == (20, 30)
    assert fitted(np.zeros((1, 2000), np.uint8), 640).shape == (1, 640)
