"""A finished video gets another output from its maps, or a line that says why not; nothing else changes."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_plans import small_plan

from vsodboost.data.errors import UsageError
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.training_set import TuneSettings
from vsodboost.io.array_source import ArraySource
from vsodboost.io.video_file import VideoFile
from vsodboost.pipeline.plan import Plan
from vsodboost.pipeline.run import Progress, Report, run
from vsodboost.pipeline.writing import OutputOptions
from vsodboost.registry.discovery import Entry, Registry
from vsodboost.writers import vsodboost_register_writers

FRAMES = np.random.default_rng(0).integers(0, 120, (5, 32, 64, 3)).astype(np.uint8)
FRAMES[:, 8:24, 16:40] = 240
MADE = ("overlay", "masks", "alpha:png", "rle", "yolo", "cvat")


class First:
    """Learns from the first frame."""

    def mine(self, scene: Scene) -> Mined:
        return Mined(np.zeros(1, np.int64), scene.target[:1], np.ones(1, np.float32))


@pytest.fixture(scope="module")
def plan() -> Plan:
    registry = Registry()

    def put(name: str, factory: Any, card: Any) -> None:
        registry.entries["writers"][name] = Entry(name, factory, card, "writers")

    vsodboost_register_writers(put)
    return replace(
        small_plan(First(), buffer=3), registry=registry, working=lambda size: (32, 64), tuning=TuneSettings(steps=1)
    )


def boosted(plan: Plan, out: Path, *writers: str, said: list[str] | None = None, **options: str) -> Report:
    noted = Progress(noted=said.append) if said is not None else None
    return run(plan, [ArraySource(FRAMES, "clip")], OutputOptions(out, writers, resume=True, options=options), noted)


def refused(plan: Plan, out: Path, *writers: str) -> str:
    with pytest.raises(UsageError) as error:
        boosted(plan, out, *writers)
    return str(error.value)


def files(out: Path) -> dict[str, bytes]:
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


def test_what_is_added_is_what_the_run_would_have_written(plan: Plan, tmp_path: Path) -> None:
    once, later, said = tmp_path / "once", tmp_path / "later", list[str]()
    assert boosted(plan, once, *MADE, largest="1").failed == {}
    assert boosted(plan, later).failed == {}
    before = files(later)
    report = boosted(plan, later, *MADE, said=said, largest="1")
    assert report.failed == {} and report.skipped == ["clip"] and report.added == {"clip": list(MADE)}
    assert said == [f"clip was done; {', '.join(MADE)} made from its maps"]
    wanted, found = files(once), files(later)
    for out in (wanted, found):
        del out["clip/run.json"]
    assert set(found) == set(wanted)
    del wanted["clip/overlay.mp4"], found["clip/overlay.mp4"]  # tinted by maps that have no levels
    assert found == wanted
    assert len(list(VideoFile(later / "clip" / "overlay.mp4").frames())) == len(FRAMES)
    assert all(found[name] == data for name, data in before.items() if name != "clip/run.json")
    summary = json.loads((later / "clip" / "run.json").read_text())
    assert summary["write"]["writers"] == []
    (added,) = summary["added"]
    assert (added["writers"], added["options"]) == (sorted(MADE), {"largest": "1"})
    once_named = json.loads((once / "clip" / "run.json").read_text())["write"]["files"]
    assert added["files"] == once_named and once_named["overlay"] == ["overlay.mp4"] and set(once_named) == set(MADE)
    assert boosted(plan, later, *MADE, largest="1").added == {}  # it is there
    assert boosted(plan, later, "masks", largest="2").added == {"clip": ["masks"]}  # that is another one


def test_what_maps_are_not_enough_for_is_refused_in_a_line(plan: Plan, tmp_path: Path) -> None:
    assert boosted(plan, tmp_path).failed == {}
    before = files(tmp_path)
    reason = refused(plan, tmp_path, "sheet", "masks")
    assert reason.startswith(f"{tmp_path / 'clip'} was made without sheet, which wants more than the maps")
    assert reason.endswith("--overwrite (masks can be made from the maps)") and "\n" not in reason
    assert "vsodboost report" in refused(plan, tmp_path, "report")
    assert files(tmp_path) == before


def test_a_video_that_is_no_longer_the_same_is_refused(plan: Plan, tmp_path: Path) -> None:
    assert boosted(plan, tmp_path).failed == {}
    (tmp_path / "clip" / "frames.csv").write_text("frame,mined,flag,trust,target_trust\n0,0,,1,1\n")
    reason = boosted(plan, tmp_path, "masks", "overlay").failed["clip"]
    assert "frames.csv has no row for frame" in reason and reason.endswith("--overwrite")
    assert not (tmp_path / "clip" / "overlay.mp4").exists() and not (tmp_path / "clip" / ".checkpoint").exists()


def test_the_last_that_was_made_of_a_file_counts(plan: Plan, tmp_path: Path) -> None:
    picture = tmp_path / "clip" / "cutout" / "00000.png"
    assert boosted(plan, tmp_path, "cutout", background="red").failed == {}
    red = picture.read_bytes()
    assert boosted(plan, tmp_path, "cutout", background="blue").added == {"clip": ["cutout"]}
    assert picture.read_bytes() != red
    assert boosted(plan, tmp_path, "cutout", background="red").added == {"clip": ["cutout"]}
    assert picture.read_bytes() == red and (tmp_path / "clip" / "cutout.mp4").is_file()
    assert boosted(plan, tmp_path, "cutout", background="red").added == {}
    assert boosted(plan, tmp_path, "cutout").added == {"clip": ["cutout"]}
    assert not (tmp_path / "clip" / "cutout.mp4").exists()  # red, and cutouts without a ground have none
    assert boosted(plan, tmp_path, "alpha").added == {"clip": ["alpha"]}
    film = (tmp_path / "clip" / "alpha.mov").read_bytes()
    assert boosted(plan, tmp_path, "alpha:prores", solid="on").added == {"clip": ["alpha:prores"]}
    assert boosted(plan, tmp_path, "alpha").added == {"clip": ["alpha"]}  # the other name is the same file
    assert (tmp_path / "clip" / "alpha.mov").read_bytes() == film and boosted(plan, tmp_path, "alpha").added == {}


def test_what_was_stopped_while_it_was_made_is_made_again(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert boosted(plan, tmp_path, "masks").failed == {}
    with monkeypatch.context() as patch:
        patch.setattr("vsodboost.pipeline.adding._remove_replaced", lambda *given: 1 / 0)
        assert "ZeroDivisionError" in boosted(plan, tmp_path, "masks", largest="1").failed["clip"]
    assert boosted(plan, tmp_path, "masks").added == {"clip": ["masks"]}
    assert boosted(plan, tmp_path, "masks").added == {}


@pytest.mark.parametrize("lost", ["overlay.mp4", "alpha/00003.png", "masks", "coco.json", "yolo/labels", "cvat.zip"])
def test_what_was_deleted_is_made_again(plan: Plan, tmp_path: Path, lost: str) -> None:
    assert boosted(plan, tmp_path, *MADE).failed == {}
    path = tmp_path / "clip" / lost
    whole = files(tmp_path)
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert boosted(plan, tmp_path, "rle").added == ({"clip": ["rle"]} if lost == "coco.json" else {})
    assert len(boosted(plan, tmp_path, *MADE).added.get("clip", [])) == (lost != "coco.json")
    assert set(files(tmp_path)) == set(whole) and boosted(plan, tmp_path, *MADE).added == {}


def test_what_was_deleted_and_maps_are_not_enough_for_is_named(plan: Plan, tmp_path: Path) -> None:
    assert boosted(plan, tmp_path, "sheet").failed == {}
    (tmp_path / "clip" / "contact_sheet.png").unlink()
    reason = refused(plan, tmp_path, "sheet")
    assert reason.startswith(f"{tmp_path / 'clip'} no longer has contact_sheet.png of sheet, which wants more than")


def test_records_that_name_no_files_count_as_before(plan: Plan, tmp_path: Path) -> None:
    assert boosted(plan, tmp_path, "overlay").failed == {}
    path = tmp_path / "clip" / "run.json"
    run = json.loads(path.read_text())
    del run["write"]["files"]
    path.write_text(json.dumps(run))
    (tmp_path / "clip" / "overlay.mp4").unlink()
    assert boosted(plan, tmp_path, "overlay").added == {}
