"""``--layout`` and ``--no-plugin`` of every command that reads data sets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from published_layouts import davsod, grey, mask, write

from vsodboost.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def test_wrap_says_what_it_recognised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = davsod(tmp_path)
    options = ("--dry-run", "-o", tmp_path / "out", "--json")
    for layout in ((), ("--layout", "davsod")):
        code, out, err = run(capsys, "wrap", made.root, *options, *layout)
        assert code == 0, err
        told = json.loads(out)
        assert told["data_sets"] == [f"{made.root}: {made.summary}"]
        assert [video["name"] for video in told["videos"]] == list(made.truths)


@pytest.mark.parametrize(
    "command",
    [
        ("wrap", "ROOT", "--dry-run"),
        ("eval", "ROOT", "ROOT"),
        ("train", "mqpm", "ROOT", "-o", "out"),
        ("labels", "suggest", "ROOT"),
    ],
)
def test_every_command_refuses_a_layout_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    root = str(davsod(tmp_path).root)
    words = [root if word == "ROOT" else word for word in command]
    code, _, err = run(capsys, *words, "--layout", "duts")
    assert code == 2 and "has not the layout duts, which needs" in err
    code, _, err = run(capsys, *words, "--layout", "dust")
    assert code == 2 and "no layout 'dust'; there are" in err


def test_plugins_are_left_out_of_every_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VSODBOOST_HOME", str(tmp_path / "home"))
    code, out, _ = run(capsys, "weights", "list", "--no-plugin", "target-ssav", "--json")
    names = [each["name"] for each in json.loads(out)]
    assert code == 0 and "ssav" not in names and "mga" in names
    code, _, err = run(capsys, "weights", "where", "ssav", "--no-plugin", "target-ssav")
    assert code == 2 and "no model named 'ssav' takes weights" in err
    code, _, err = run(capsys, "weights", "where", "ssav")
    assert code == 1 and "ssav: no weights yet; the authors publish" in err
    made = davsod(tmp_path)
    words = ("train", "mqpm", made.root, "-o", tmp_path / "out", "--no-plugin", "flow-dis", "--quiet")
    code, _, err = run(capsys, *words)
    assert code == 2 and "no flow estimator is called 'dis'" in err
    write(tmp_path / "truth" / "cows" / "0.png", grey(mask(0, 0)))
    code, _, err = run(capsys, "eval", tmp_path / "truth", tmp_path / "truth", "--no-plugin", "layouts")
    assert code != 0 and "no truth masks" in err
