"""What people type by mistake, what they look up, and what a shell completes for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from vsodboost.cli import cli, main
from vsodboost.cli.repeating import listed, namer
from vsodboost.data.errors import UsageError, VideoError
from vsodboost.datasets.inputs import open_inputs
from vsodboost.io.array_source import ArraySource


def left(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of the command."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as gone:
        main(list(words))
    shown = capsys.readouterr()
    return int(gone.value.code or 0), shown.out, shown.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["clip.mp4"], "'clip.mp4' is no command; did you mean: vsodboost wrap clip.mp4"),
        (["wrap"], "no input given; name a video file"),
        (["wrap", "https://a.b/c.mp4"], "is an address; fetch the video first (curl -O, yt-dlp) and give the file"),
        (["wrap", "lite", "clip.mp4"], "lite is a target, not a video; write --target lite"),
        (["wrap", "maps:here", "clip.mp4"], "write --target maps:here"),
        (["wrap", "clip.mp4", "overlay"], "overlay is something to write, not a video; write --write overlay"),
        (["wrap", "out", "-o", "clip.mp4"], "-o clip.mp4 is a video; did you mean: vsodboost wrap clip.mp4 -o FOLDER"),
        (["wrap", "clip.mp4", "--name-template", "{video}"], "knows {name}, {parent} and {index}, not {video}"),
        (["wrap", "--list", "gone.txt"], "cannot read the list gone.txt"),
        (["wrap", "--like", "clip.mp4"], "clip.mp4 is no run.json of vsodboost"),
        (["plugins", "mqpp"], "no plugin is called 'mqpp'; did you mean mqp"),
    ],
)
def test_mistakes_are_answered_with_the_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clip.mp4").write_text("{}")
    code, _, line = left(capsys, *words)
    assert code == 2 and said in line and "Traceback" not in line


def test_missing_weights_name_what_can_be_used_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VSODBOOST_HOME", str(tmp_path / "home"))
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "0.png").write_bytes(b"")
    code, _, said = left(capsys, "wrap", "--target", "ssav", "--quiet", str(tmp_path / "frames"))
    first, second = said.splitlines()
    assert code == 1 and "https://github.com/DengPingFan/DAVSOD" in first
    assert second == "until then: --target lite (the embedded model), maps:DIR (maps that you have) or onnx:FILE"


def test_plugins_are_a_line_each_and_one_is_told_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = left(capsys, "plugins")
    (line,) = [text for text in out.splitlines() if text.startswith("alpha")]
    assert line.endswith(" *") and "foreground" not in out
    _, out, _ = left(capsys, "plugins", "alpha")
    assert out.startswith("writer alpha:[mov|webm|png]: ") and "  --write-option solid=...  on: " in out
    _, out, _ = left(capsys, "plugins", "mqpm", "--json")
    assert "motion_models" in json.loads(out)


@pytest.mark.parametrize(
    ("words", "begun", "found"),
    [
        (["wrap", "--target"], "map", ["maps:"]),
        (["wrap", "--write"], "overlay,al", ["overlay,alpha"]),
        (["wrap", "--booster"], "mq", ["mqp", "mqp-paper"]),
    ],
)
def test_a_shell_completes_plugin_names(words: list[str], begun: str, found: list[str]) -> None:
    completer = ShellComplete(cli, {}, "vsodboost", "_VSODBOOST_COMPLETE")
    assert [item.value for item in completer.get_completions(words, begun)] == found


def test_a_list_of_inputs(tmp_path: Path) -> None:
    path = tmp_path / "todo.txt"
    path.write_text("# the first day\n a.mp4 \n\nfolder with spaces\n", encoding="utf-8-sig")
    assert listed(path) == ["a.mp4", "folder with spaces"]
    path.write_text("# nothing\n")
    with pytest.raises(UsageError, match="names no video"):
        listed(path)


def test_names_of_folders(tmp_path: Path) -> None:
    for day in ("mon", "tue"):
        (tmp_path / day).mkdir()
        (tmp_path / day / "clip.mp4").write_text("no video")
    paths = [tmp_path / "mon" / "clip.mp4", tmp_path / "tue" / "clip.mp4"]
    with pytest.raises(UsageError, match=r"--name-template \{parent\}_\{name\}"):
        open_inputs(paths)
    named = open_inputs(paths, rename=namer("{index:02d}-{parent}_{name}"))
    assert [source.name for source in named] == ["01-mon_clip", "02-tue_clip"]
    assert namer("x{index}")(ArraySource([]), 3) == "x3"
    for wrong in ("{name", "{name:>99999999999}", "{index:.999999999f}", "{name:>{index}}", "{name:>{nope}}"):
        with pytest.raises(UsageError, match="--name-template"):
            namer(wrong)
    with pytest.raises(VideoError):
        list(named[0].frames())


def test_a_run_is_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clip").mkdir()
    (tmp_path / "clip" / "0.png").write_bytes(b"no picture")
    settings = {"target": "maps:maps", "seed": 7, "steps": 3, "start": None, "target_options": {"missing": "fill"}}
    record = {"path": str(tmp_path / "clip"), "settings": settings, "write": {"writers": ["alpha"], "options": {}}}
    (tmp_path / "run.json").write_text(json.dumps(record))
    (tmp_path / "maps" / "clip").mkdir(parents=True)
    code, out, _ = left(capsys, "wrap", "--like", "run.json", "--dry-run", "--json", "--seed", "9")
    told = json.loads(out)
    assert told["videos"][0]["name"] == "clip" and code == 1  # its picture cannot be read
    kept = {name: told["settings"][name] for name in ("target", "seed", "steps", "target_options")}
    assert kept == {"target": "maps:maps", "seed": 9, "steps": 3, "target_options": {"missing": "fill"}}


def test_a_run_is_repeated_on_its_own_video_from_wherever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in ("there", "here"):
        (tmp_path / place / "clip").mkdir(parents=True)
    (tmp_path / "there" / "out" / "clip").mkdir(parents=True)
    record = {"path": "clip", "folder": str(tmp_path / "there"), "settings": {"seed": 7}}
    (tmp_path / "there" / "out" / "clip" / "run.json").write_text(json.dumps(record))
    monkeypatch.chdir(tmp_path / "here")
    _, out, _ = left(capsys, "wrap", "--like", "../there/out/clip/run.json", "--dry-run", "--json")
    assert json.loads(out)["videos"][0]["path"] == str(tmp_path / "there" / "clip")
    (tmp_path / "there").rename(tmp_path / "moved")
    _, out, _ = left(capsys, "wrap", "--like", "../moved/out/clip", "--dry-run", "--json")
    assert Path(json.loads(out)["videos"][0]["path"]).resolve() == (tmp_path / "moved" / "clip").resolve()


@pytest.mark.parametrize(
    ("of", "options", "now"),
    [
        ({"profile": "quick", "booster": "none"}, (), ("quick", "none")),
        ({"profile": "quick", "booster": "none"}, ("--profile", "fast"), ("fast", "mqp")),
        ({"profile": "fast", "booster": "keyframe", "steps": 3}, ("--profile", "quick"), ("quick", "none")),
    ],
)
def test_a_repeated_run_may_learn_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    of: dict[str, object], options: tuple[str, ...], now: tuple[str, str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clip").mkdir()
    (tmp_path / "run.json").write_text(json.dumps({"path": "clip", "settings": of}))
    _, out, _ = left(capsys, "wrap", "--like", "run.json", "--dry-run", "--json", *options)
    settings = json.loads(out)["settings"]
    assert (settings["profile"], settings["booster"]) == now


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"settings": {"target_options": [1]}}, "settings.target_options is no object of names and values, but a list"),
        ({"settings": {"flow_options": {"a": [1]}}}, "settings.flow_options.a must be text, a number"),
        ({"settings": {"seed": [1]}}, "settings.seed: a list is no value of --seed"),
        ({"settings": {"seed": "x"}}, "settings.seed: 'x' is not a valid integer range"),
        ({"settings": {"seed": 1e999}}, "settings.seed: "),
        ({"settings": {"steps": 0}}, "settings.steps: 0 is not in the range"),
        ({"settings": {"carry_over": "yes"}}, "settings.carry_over: a str is no value of --carry-over"),
        ({"settings": {"target": "maps:\0"}}, "settings.target holds a zero character"),
        ({"settings": {"stop": True}}, "settings.stop: a bool is no value of --to"),
        ({"write": [1]}, "write is no object"),
        ({"write": {"writers": [1]}}, "write.writers is no list of names"),
        ({"write": {"options": []}}, "write.options is no object"),
        ({"versions": 3}, "versions is no object"),
        ({"path": ["a"]}, "path is no path"),
        ({"folder": 3}, "folder is no path"),
    ],
)
def test_a_record_of_a_run_with_odd_values_is_named_with_the_key(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changed: dict[str, object],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps({"path": "clip", "settings": {}, **changed}))
    code, _, line = left(capsys, "wrap", "--like", "run.json", "--dry-run")
    assert code == 2 and f"run.json: {said}" in line and len(line.splitlines()) == 1


def test_a_record_may_lack_what_is_null(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = {"target_options": None, "stop": 2.5, "every": None, "flow_options": {}}
    record = {"path": "gone", "settings": settings, "write": None, "versions": None}
    (tmp_path / "run.json").write_text(json.dumps(record))
    code, _, line = left(capsys, "wrap", "--like", "run.json", "--dry-run")
    assert code == 2 and "gone" in line and "run.json" not in line


def test_the_doctor(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = left(capsys, "doctor", "--no-test")
    lines = out.splitlines()
    assert code == 0 and lines[0] == "```" and lines[-2:] == ["```", "all is well"]
    assert any(line.startswith("versions   python ") for line in lines) and any("GiB free" in line for line in lines)
    from vsodboost.cli import doctor

    def broken() -> list[str]:
        raise OSError("no such disk")

    monkeypatch.setitem(doctor.LOOKS, "disk", broken)
    code, out, _ = left(capsys, "doctor", "--no-test")
    assert code == 1 and "disk       FAILED: OSError: no such disk" in out and out.endswith("not well: disk\n")
