"""A later boost put in the place of the first one, which can be put back; nothing of any is lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("uvicorn", reason="no uvicorn here: pip install '.[studio]'")
from studios import results, served

from vsodboost.data.errors import UsageError
from vsodboost.io.lock import InUse, VideoLocks
from vsodboost.studio import keeping
from vsodboost.studio.keeping import keep
from vsodboost.studio.workspace import Workspace
from vsodboost.writers.report.index import write_index


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A video with its first boost, and one with labels that says what it is."""
    first = results(tmp_path / "out", "clip")
    workspace = Workspace(tmp_path / "out", [], {})
    second = workspace.videos["clip"].rounds.next()
    shutil.copytree(first, second.folder)
    run = json.loads((first / "run.json").read_text())
    (second.folder / "run.json").write_text(json.dumps({**run, "trust": 0.9, "seconds_total": 2}))
    report = json.loads((first / "report.json").read_text())
    report["run"]["seconds_total"] = 2
    (second.folder / "report.json").write_text(json.dumps(report))
    return workspace


def test_a_round_is_put_in_place_and_the_first_one_back(workspace: Workspace) -> None:
    rounds, out = workspace.videos["clip"].rounds, workspace.out
    first, second = files(out / "clip"), files(rounds.round(1).folder)
    write_index(out)
    assert rounds.kept == 0
    for number, wanted in ((1, second), (1, second), (0, first), (1, second)):
        keep(rounds, number, out)
        assert rounds.kept == number and files(out / "clip") == wanted
        assert files(rounds.round(0).folder) == first and files(rounds.round(1).folder) == second
        assert [r.number for r in rounds.finished()] == [0, 1]
    assert ".90" in (out / "index.html").read_text()
    assert {path.name for path in rounds.folder.iterdir()} == {"0", "1"}
    assert workspace.videos["clip"].names() == [f"{t:05d}" for t in range(6)]
    again = Workspace(out, [], {})
    assert list(again.videos) == ["clip"] and again.videos["clip"].rounds.kept == 1


def test_what_is_not_the_studio_s_is_not_replaced(workspace: Workspace) -> None:
    rounds, out = workspace.videos["clip"].rounds, workspace.out
    with pytest.raises(UsageError, match="boost 2 is not finished"):
        keep(rounds, 2, out)
    with VideoLocks(out) as other:
        other.take("clip")
        with pytest.raises(InUse):
            keep(rounds, 1, out)
    keep(rounds, 1, out)
    run = json.loads((out / "clip" / "run.json").read_text())
    (out / "clip" / "run.json").write_text(json.dumps({**run, "seconds_total": 3}))  # wrap --overwrite, say
    made = files(out / "clip")
    with pytest.raises(UsageError, match="made anew outside of the studio"):
        keep(rounds, 0, out)
    assert rounds.kept is None and files(out / "clip") == made


def test_a_crash_between_two_steps_is_mended_by_the_next_try(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds, out = workspace.videos["clip"].rounds, workspace.out
    first = files(out / "clip")
    rename, steps = Path.rename, []

    def once(self: Path, target: Path) -> Path:
        steps.append(target)
        if len(steps) == 2:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(keeping.Path, "rename", once)
    with pytest.raises(KeyboardInterrupt):
        keep(rounds, 1, out)
    assert not (out / "clip").exists() and files(rounds.round(0).folder) == first and rounds.kept is None
    keep(rounds, 1, out)
    assert rounds.kept == 1 and files(out / "clip") == files(rounds.round(1).folder)


def test_the_server_does_it(workspace: Workspace) -> None:
    with served(workspace.out) as studio:
        assert studio.ask("/video/clip/keep/1", "POST", token="wrong")[0] in (401, 403)
        assert studio.ask("/video/clip/keep/7", "POST")[0] == 404
        assert b'data-keep="1"' in studio.ask("/video/clip")[1]
        assert studio.ask("/video/clip/keep/1", "POST") == (200, b'{"kept":1}')
        page = studio.ask("/video/clip")[1]
        assert b'data-keep="0"' in page and b'data-keep="1"' not in page
