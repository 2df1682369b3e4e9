"""Parts of a run: which videos are whose, and one result made of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from vsodboost.cli import main
from vsodboost.cli.sharding import Shard, shard_of
from vsodboost.data.errors import UsageError
from vsodboost.io.resume import VideoState
from vsodboost.io.run_report import Failure, ShardReport, read_failed, write_failed

VIDEOS = [f"v{i}" for i in range(7)]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 9])
def test_every_video_is_in_one_part(count: int) -> None:
    parts = [Shard(index, count).of(VIDEOS) for index in range(1, count + 1)]
    assert sorted(video for part in parts for video in part) == VIDEOS
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_part_is_named_or_told_by_slurm() -> None:
    assert shard_of(None) is None
    assert shard_of("3/4") == Shard(3, 4) and str(Shard(3, 4)) == "3/4"
    task = {"SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "1"}
    assert shard_of("auto", {**task, "SLURM_ARRAY_TASK_STEP": "2"}) == Shard(4, 4)
    for wrong in ("0/4", "5/4", "1/0", "one/two", "1", ""):
        with pytest.raises(UsageError, match=r"is no part; write 1/4"):
            shard_of(wrong)
    for environment, reason in (
        ({}, "are not set"),
        (task, "not one of 4"),
        ({**task, "SLURM_ARRAY_TASK_ID": "x"}, "set"),
    ):
        with pytest.raises(UsageError, match=reason):
            shard_of("auto", environment)


def test_failed_videos_are_listed_until_they_are_done(tmp_path: Path) -> None:
    write_failed(tmp_path, {"a": Failure("x/a", "broken"), "b": Failure("x/b", "too")}, ["a", "b", "c"])
    write_failed(tmp_path, {}, ["a"])
    assert read_failed(tmp_path) == {"b": Failure("x/b", "too")}
    write_failed(tmp_path, {}, ["b"])
    assert not (tmp_path / "failed.json").exists() and read_failed(tmp_path) == {}
    (tmp_path / "failed.json").write_text("[]")
    assert read_failed(tmp_path) == {}


def part(out: Path, index: int, *done: str, failed: tuple[str, ...] = (), settings: str = "a", total: int = 3) -> None:
    """What shard ``index`` of two leaves in ``out``."""
    for name in done:
        VideoState.begin(out, name, settings)
        (out / name / "00000.png").write_bytes(name.encode())
        (out / name / "run.json").write_text(json.dumps({"video": name}))
        VideoState.finish(out, name, settings, ["00000"])
    why = {name: Failure(f"videos/{name}", "it is broken") for name in failed}
    ShardReport(index, 2, total, done, (), why).write(out)


def merge(*words: object) -> int:
    with pytest.raises(SystemExit) as left:
        main(["merge", *map(str, words)])
    return int(left.value.code or 0)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_parts_in_one_folder_or_in_two_become_the_same_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for out, other in (("shared", "shared"), ("one", "two")):
        part(tmp_path / out, 1, "a", "c")
        part(tmp_path / other, 2, failed=("b",))
    assert merge(tmp_path / "shared", "--json") == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["done"] == [{"video": "a"}, {"video": "c"}]
    assert said.err == "vsodboost: b: it is broken\n"
    assert merge(tmp_path / "two", tmp_path / "one", "-o", tmp_path / "whole") == 1
    assert tree(tmp_path / "whole") == tree(tmp_path / "shared")
    assert set(tree(tmp_path / "whole")) == {
        "failed.json", *(f"{name}/{file}" for name in "ac" for file in ("00000.png", "run.json", ".done.json"))
    }  # fmt: skip


def test_the_index_of_report_pages_is_of_the_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part(tmp_path, 1, "a", "c")
    part(tmp_path, 2, failed=("b",))
    assert merge(tmp_path) == 1 and not (tmp_path / "index.html").exists()
    part(tmp_path, 1, "a", "c")
    part(tmp_path, 2, failed=("b",))
    (tmp_path / "a" / "report.html").touch()
    (tmp_path / "index.html").write_text("of one shard")
    assert merge(tmp_path) == 1
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert all(words in page for words in ("a/report.html", "it is broken")) and "of one shard" not in page


def test_what_does_not_belong_together_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"

    def refused(words: str) -> None:
        before = tree(tmp_path)
        assert merge(out) == 2
        assert words in capsys.readouterr().err and tree(tmp_path) == before

    out.mkdir()
    refused("no report of a shard")
    part(out, 1, "a", "c")
    refused("shard 2/2 is not in")
    part(out, 2, "c")
    refused("c is in several shards")
    part(out, 2)
    refused("did 2 of 3 videos")
    part(out, 2, "b", settings="b")
    refused("was made with other settings or versions")
    part(out, 2, "b", total=4)
    refused("are of different runs")
    part(out, 2, "b")
    shutil.rmtree(out / "b")
    refused("is not done, other than its shard says")
    ShardReport(2, 2, 3, ("../b",)).write(out)
    assert merge(out) == 1 and "cannot be the name" in capsys.readouterr().err
    (out / "shard-2-of-2.json").write_text("{}")
    assert merge(out) == 1 and "is no report of a shard" in capsys.readouterr().err
    assert merge(out, out) == 2 and "say which with -o" in capsys.readouterr().err
