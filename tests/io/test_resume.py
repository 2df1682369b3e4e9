"""Resuming: what counts as done, and that no kill leaves a video that only seems done."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from vsodboost.data.errors import InputError, VsodboostError
from vsodboost.io import atomic
from vsodboost.io.resume import DONE, STARTED, VideoState
from vsodboost.writers.maps import write_map

NAMES = ["00000", "00001", "00002"]


def run(out: Path, names: list[str] = NAMES, fingerprint: str = "a") -> None:
    """What the engine does for one video."""
    VideoState.begin(out, "bear", fingerprint)
    for name in names:
        write_map(out / "bear", name, np.zeros((2, 2), np.float32))
    VideoState.finish(out, "bear", fingerprint, names)


def test_fresh_done_and_other_settings(tmp_path: Path) -> None:
    assert VideoState.check(tmp_path, "bear", "a") == "fresh"
    (tmp_path / "bear").mkdir()
    assert VideoState.check(tmp_path, "bear", "a") == "fresh"
    run(tmp_path)
    assert VideoState.check(tmp_path, "bear", "a") == "done"
    assert VideoState.check(tmp_path, "bear", "b") == "other settings"
    assert VideoState.check(tmp_path, "cows", "a") == "fresh"
    assert sorted(file.name for file in (tmp_path / "bear").iterdir()) == [DONE, *(f"{name}.png" for name in NAMES)]


def test_a_map_that_is_missing_or_empty_makes_it_partial(tmp_path: Path) -> None:
    run(tmp_path)
    (tmp_path / "bear" / "00001.png").write_bytes(b"")
    assert VideoState.check(tmp_path, "bear", "a") == "partial"
    (tmp_path / "bear" / "00001.png").unlink()
    assert VideoState.check(tmp_path, "bear", "a") == "partial"
    run(tmp_path)
    assert VideoState.check(tmp_path, "bear", "a") == "done"


@pytest.mark.parametrize("marker", ["", "{", "[]", '{"fingerprint": "a"}', '{"fingerprint": 1, "frames": []}'])
def test_a_marker_that_is_not_ours_counts_for_nothing(tmp_path: Path, marker: str) -> None:
    run(tmp_path)
    (tmp_path / "bear" / DONE).write_text(marker)
    assert VideoState.check(tmp_path, "bear", "a") == "partial"


class Killed(BaseException):
    """Stands for the kill signal."""


def test_killed_before_any_write_a_video_is_whole_or_resumable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every replace and every unlink is a moment to be killed at; the next check must never call a mixture done."""
    run(tmp_path / "whole", ["00000", "00001"], "new")
    wanted = sorted(file.name for file in (tmp_path / "whole" / "bear").iterdir())
    replace, unlink = Path.replace, Path.unlink
    for moment in range(100):
        out = tmp_path / str(moment)
        run(out, NAMES, "old")
        left = moment

        def tick() -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed

        def dying_replace(self: Path, target: Path) -> Path:
            tick()
            return replace(self, target)

        def dying_unlink(self: Path, missing_ok: bool = False) -> None:
            if not self.name.startswith(atomic.TEMPORARY):
                tick()
            unlink(self, missing_ok=missing_ok)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", dying_replace)
            patch.setattr(Path, "unlink", dying_unlink)
            try:
                run(out, ["00000", "00001"], "new")
                killed = False
            except Killed:
                killed = True
        state = VideoState.check(out, "bear", "new")
        old = VideoState.check(out, "bear", "old")
        if old == "done":
            assert sorted(file.stem for file in (out / "bear").glob("*.png")) == NAMES
        assert state in ("done", "partial", "other settings")
        if state == "done":
            assert sorted(file.stem for file in (out / "bear").glob("*.png")) == ["00000", "00001"]
        run(out, ["00000", "00001"], "new")
        assert VideoState.check(out, "bear", "new") == "done"
        assert sorted(file.name for file in (out / "bear").iterdir()) == wanted
        if not killed:
            break
    assert not killed and moment > 6


def test_maps_that_no_run_of_ours_wrote_are_left_alone(tmp_path: Path) -> None:
    write_map(tmp_path / "bear", "theirs", np.zeros((2, 2), np.float32))
    run(tmp_path)
    assert (tmp_path / "bear" / "theirs.png").exists()
    assert not (tmp_path / "bear" / STARTED).exists()


def test_leftovers_of_a_killed_run_are_swept(tmp_path: Path) -> None:
    run(tmp_path)
    (tmp_path / "bear" / f"{atomic.TEMPORARY}abc.mp4").touch()
    run(tmp_path)
    assert not list((tmp_path / "bear").glob(f"{atomic.TEMPORARY}*"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "bear").touch()
    with pytest.raises(InputError, match="bear is a file; remove it, or choose another -o"):
        VideoState.check(tmp_path, "bear", "a")
    with pytest.raises(VsodboostError, match=r"cannot write .*bear"):
        VideoState.begin(tmp_path, "bear", "a")


def test_the_marker_says_what_was_done(tmp_path: Path) -> None:
    run(tmp_path, fingerprint="mqp 3f")
    assert json.loads((tmp_path / "bear" / DONE).read_text()) == {"fingerprint": "mqp 3f", "frames": NAMES}


def test_pictures_that_the_marker_does_not_name_are_left_alone(tmp_path: Path) -> None:
    run(tmp_path)
    (tmp_path / "bear" / "notes.png").touch()
    run(tmp_path, NAMES[:1])
    assert sorted(file.name for file in (tmp_path / "bear").glob("*.png")) == ["00000.png", "notes.png"]
