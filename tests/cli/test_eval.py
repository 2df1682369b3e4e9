from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from map_files import write_sequence
from published_layouts import davsod, write_maps

from vsodboost.cli import main
from vsodboost.cli.eval import eval_command
from vsodboost.data.errors import InputError, UsageError, VsodboostError
from vsodboost.metrics.evaluate import evaluate
from vsodboost.metrics.figures import FIGURES


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """``gt`` and ``worse`` with cows, goat, libby; ``maps`` lacks goat; libby's maps are the worse of the two."""
    for seed, name in enumerate(("cows", "goat", "libby")):
        noise = 0.9 if name == "libby" else 0
        truth = tmp_path / "gt" / "Annotations" / "480p" / name
        write_sequence(truth, tmp_path / "maps" / name, 4, first_seed=10 * seed, noise=noise)
        write_sequence(truth, tmp_path / "base" / name, 4, first_seed=10 * seed, noise=0.4)
    shutil.rmtree(tmp_path / "maps" / "goat")
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(eval_command, [str(a) for a in (*arguments, "--jobs", 1)])


def failure(result: Result) -> VsodboostError:
    assert isinstance(result.exception, VsodboostError)
    assert "\n" not in str(result.exception)
    return result.exception


def test_json_has_the_figures_of_evaluate(folders: Path) -> None:
    result = run(folders / "gt", folders / "base", "--json", "--protocol", "davsod")
    assert result.exit_code == 0
    got = json.loads(result.stdout)
    expected = evaluate(folders / "gt", folders / "base", "davsod")
    assert got["mean"] == expected.mean
    assert got["dataset"] == expected.dataset
    assert got["sequences"]["goat"] == {"frames": 2, **expected.sequence("goat").figures}
    assert (got["protocol"], got["frames"], got["step"]) == ("davsod", 6, 1)
    assert "base" not in got


def test_base_gives_differences_and_the_worst_sequence(folders: Path) -> None:
    result = run(folders / "gt", folders / "maps", "--base", folders / "base", "--common", "--format", "json")
    got = json.loads(result.stdout)
    assert list(got["sequences"]) == list(got["base"]["sequences"]) == ["cows", "libby"]
    for key in ("maxF", "S", "MAE", "F"):
        assert got["delta"]["mean"][key] == pytest.approx(got["mean"][key] - got["base"]["mean"][key])
    assert got["worst"]["sequence"] == "libby"
    assert got["worst"]["S"] == got["delta"]["sequences"]["libby"]["S"] < 0 < got["delta"]["sequences"]["cows"]["S"]


def test_csv_has_a_line_a_sequence_and_the_mean(folders: Path) -> None:
    arguments = (folders / "gt", folders / "maps", "--common", "--base", folders / "base")
    rows = list(csv.DictReader(run(*arguments, "--format", "csv").stdout.splitlines()))
    assert [row["sequence"] for row in rows] == ["cows", "libby", "mean"]
    scores = json.loads(run(*arguments, "--json").stdout)
    for figure in FIGURES:
        assert float(rows[2][figure.key]) == pytest.approx(scores["mean"][figure.key], abs=1e-6)
        assert float(rows[1][f"d_{figure.key}"]) == pytest.approx(scores["worst"][figure.key], abs=1e-6)
    assert [row["frames"] for row in rows] == ["4", "4", "8"]
    without = run(folders / "gt", folders / "base", "--format", "csv").stdout.splitlines()[0]
    assert without == "sequence,frames," + ",".join(figure.key for figure in FIGURES)


def test_the_table_shows_rows_differences_and_the_worst(folders: Path) -> None:
    result = run(folders / "gt", folders / "maps", "--common", "--base", folders / "base", "--step", 2)
    lines = result.stdout.splitlines()
    scores = json.loads(run(folders / "gt", folders / "maps", "--common", "--json", "--step", 2).stdout)
    first, second = (line.split() for line in lines if line.strip().startswith("mean"))
    assert first[:3] == ["mean", "4", f"{scores['mean']['maxF']:.3f}"]
    assert all(value[0] in "+-" for value in second[2:])
    assert any(line.startswith("davis, 2 sequences, protocol all, step 2;") for line in lines)
    assert lines[-1].startswith("worst sequence libby: S -0.")
    assert "\x1b" not in result.stdout
    assert all(line == line.rstrip() for line in lines)


def test_output_goes_to_a_file_in_the_format_of_its_suffix(folders: Path) -> None:
    for name, start in (("scores.json", "{"), ("scores.csv", "sequence,"), ("scores.txt", str(folders))):
        result = run(folders / "gt", folders / "base", "-o", folders / "new" / name)
        assert result.exit_code == 0
        assert result.stdout == ""
        assert (folders / "new" / name).read_text().lstrip().startswith(start)
    run(folders / "gt", folders / "base", "-o", folders / "scores.csv", "--format", "json")
    assert json.loads((folders / "scores.csv").read_text())["frames"] == 12


def test_an_output_of_another_suffix_is_refused_before_anything_is_read(folders: Path) -> None:
    refused = failure(run(folders / "gt", folders / "base", "-o", folders / "t.xls"))
    assert isinstance(refused, UsageError)
    assert "no report is written as .xls; give one of .json, .csv, .tex, .md, .txt, or --format" in str(refused)
    assert not (folders / "t.xls").exists()
    for name, more in (("t.xls", ("--format", "csv")), ("t.js", ("--json",)), ("plain", ())):
        assert run(folders / "gt", folders / "base", "-o", folders / name, *more).exit_code == 0
        assert (folders / name).is_file()


def test_common_frames_are_recorded_in_every_report(folders: Path) -> None:
    (folders / "maps" / "libby" / "00003.png").unlink()
    arguments = (folders / "gt", folders / "maps", "--base", folders / "base", "--common")
    assert "--common-frames" in str(failure(run(*arguments)))
    result = run(*arguments, "--common-frames", "--json")
    got = json.loads(result.stdout)
    assert (got["common_frames"], got["left_out"], got["frames"]) == (True, {"libby": 1}, 7)
    assert {name: row["frames"] for name, row in got["base"]["sequences"].items()} == {"cows": 4, "libby": 3}
    (note,) = got["notes"]
    assert note == f"left out for want of a map: 1 of 8 frames ({folders / 'maps'} lacks 1): libby 1 of 4"
    assert result.stderr.count(note) == 1
    for format_ in ("table", "markdown", "latex"):
        said = "davis, 2 sequences, protocol all, common frames (1 left out)"
        assert said in run(*arguments, "--common-frames", "--format", format_).stdout
    rows = list(csv.DictReader(run(*arguments, "--common-frames", "--format", "csv").stdout.splitlines()))
    assert [row["frames"] for row in rows] == ["4", "3", "7"]
    plain = json.loads(run(folders / "gt", folders / "base", "--json").stdout)
    assert (plain["common_frames"], plain["left_out"]) == (False, {})


def test_only_some_sequences(folders: Path) -> None:
    chosen = run(folders / "gt", folders / "base", "--only", "goat", "--only", "cows", "--json")
    assert list(json.loads(chosen.stdout)["sequences"]) == ["cows", "goat"]
    both = run(folders / "gt", folders / "maps", "--only", "goat", "--only", "cows", "--common", "--json")
    assert list(json.loads(both.stdout)["sequences"]) == ["cows"]
    none = failure(run(folders / "gt", folders / "maps", "--only", "goat", "--common"))
    assert "they share cows, libby" in str(none)


def test_two_processes(folders: Path) -> None:
    arguments = [str(folders / "gt"), str(folders / "base"), "--base", str(folders / "base"), "--json", "--jobs", "2"]
    got = json.loads(CliRunner().invoke(eval_command, arguments).stdout)
    assert set(got["delta"]["mean"].values()) == {0.0}


def test_errors_are_one_line_with_their_exit_code(folders: Path) -> None:
    missing = failure(run(folders / "gt", folders / "maps"))
    assert isinstance(missing, InputError)
    assert missing.exit_code == 1
    assert "maps/goat: no such folder, so frame 00000 of goat has no map" in str(missing)

    (folders / "maps" / "libby" / "00003.png").unlink()
    assert "frame 00003 of libby" in str(failure(run(folders / "gt", folders / "maps", "--common")))

    nowhere = failure(run(folders / "nowhere", folders / "maps"))
    assert isinstance(nowhere, UsageError)
    assert nowhere.exit_code == 2

    both = failure(run(folders / "gt", folders / "base", "--json", "--format", "csv"))
    assert "--json and --format csv exclude each other" in str(both)
    assert run(folders / "gt", folders / "base", "--protocol", "vos").exit_code == 2
    assert run(folders / "gt", folders / "base", "--step", 0).exit_code == 2


def test_through_the_entry_point(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["eval", str(folders / "gt"), str(folders / "base"), "--jobs", "1", "--format", "csv"]
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("sequence,frames,maxF")
    arguments[2] = str(folders / "maps")
    with pytest.raises(SystemExit) as left:
        main(arguments)
    output = capsys.readouterr()
    assert (left.value.code, output.out) == (1, "")
    assert len(output.err.splitlines()) == 1
    assert "frame 00000 of goat has no map" in output.err


# ---- several methods, for papers ----


def means(folders: Path, *names: str) -> dict[str, dict[str, float]]:
    return {name: evaluate(folders / "gt", folders / name, only=["cows", "libby"]).mean for name in names}


def test_several_folders_stand_side_by_side_the_best_in_bold(folders: Path) -> None:
    expected = means(folders, "maps", "base")
    better = max(expected, key=lambda name: expected[name]["S"])
    worse = min(expected, key=lambda name: expected[name]["S"])
    arguments = (folders / "gt", folders / "maps", folders / "base", "--common", "--figures", "S,mae")
    lines = run(*arguments).stdout.splitlines()
    head = next(line.split() for line in lines if line.strip().startswith("method"))
    assert head == ["method", "S↑", "MAE↓"]
    assert next(line.split() for line in lines if line.split()[:1] == [better])[1] == f"{expected[better]['S']:.3f}*"
    assert "* the best of its figure" in lines
    assert "davis, 2 sequences, protocol all" in lines
    markdown = run(*arguments, "--format", "markdown").stdout
    assert f"| {better} | **{expected[better]['S']:.3f}** |" in markdown
    assert f"| {worse} | {expected[worse]['S']:.3f} |" in markdown
    latex = run(*arguments, "--format", "latex").stdout
    assert rf"{better} & \textbf{{{expected[better]['S']:.3f}}} & " in latex
    assert latex.count(r"\begin{tabular}{lrr}") == 2 and r"\toprule" in latex


def test_equal_methods_are_both_the_best(folders: Path) -> None:
    shutil.copytree(folders / "base", folders / "copy")
    arguments = (folders / "gt", folders / "base", folders / "copy", "--json")
    got = json.loads(run(*arguments).stdout)
    assert set(map(tuple, got["best"].values())) == {("base", "copy")}


def test_json_of_several(folders: Path) -> None:
    arguments = (folders / "gt", f"net={folders / 'base'}", folders / "maps", "--common", "--json")
    got = json.loads(run(*arguments).stdout)
    expected = means(folders, "maps", "base")
    assert list(got["methods"]) == ["net", "maps"]
    assert got["methods"]["net"]["mean"] == pytest.approx(expected["base"])
    assert got["methods"]["maps"]["predictions"] == str(folders / "maps")
    assert list(got["methods"]["maps"]["sequences"]) == ["cows", "libby"]
    (difference,) = got["differences"]
    assert (difference["method"], difference["base"]) == ("maps", "net")
    gain = expected["maps"]["S"] - expected["base"]["S"]
    interval = difference["intervals"]["S"]
    assert interval["difference"] == difference["delta"]["mean"]["S"] == pytest.approx(gain)
    rows = difference["delta"]["sequences"]
    assert interval["low"] == min(rows["cows"]["S"], rows["libby"]["S"]) <= gain  # of two, the worse drawn twice
    assert got["layout"] == "davis" and got["notes"] == []


def test_a_base_is_what_several_are_compared_with(folders: Path) -> None:
    shutil.copytree(folders / "base", folders / "copy")
    arguments = (folders / "gt", folders / "maps", folders / "copy", "--base", folders / "base", "--common")
    got = json.loads(run(*arguments, "--json").stdout)
    assert list(got["methods"]) == ["base", "maps", "copy"]
    assert [(d["method"], d["base"]) for d in got["differences"]] == [("maps", "base"), ("copy", "base")]
    rows = list(csv.DictReader(run(*arguments, "--format", "csv").stdout.splitlines()))
    assert [(row["method"], row["sequence"]) for row in rows[::3]] == [(m, "cows") for m in ("base", "maps", "copy")]
    assert rows[0]["d_S"] == "" and float(rows[-1]["d_S"]) == 0
    assert float(rows[5]["d_S"]) == pytest.approx(got["differences"][0]["delta"]["mean"]["S"], abs=1e-6)
    table = run(*arguments).stdout
    assert "difference to base, with paired bootstrap intervals over 2 sequences" in table
    assert "worst sequence of maps libby" in table


def test_intervals_follow_the_mean_of_the_differences(folders: Path) -> None:
    arguments = (folders / "gt", folders / "maps", "--base", folders / "base", "--common", "--figures", "J")
    lines = [line.split() for line in run(*arguments, "--confidence", "0.9").stdout.splitlines()]
    got = json.loads(run(*arguments, "--confidence", "0.9", "--json").stdout)["intervals"]["J"]
    low, high = (next(line for line in lines if line[:3] == ["90", "%", word]) for word in ("from", "to"))
    assert (low[-1], high[-1]) == (f"{got['low']:+.3f}", f"{got['high']:+.3f}")
    assert "%" not in run(*arguments, "--bootstrap", "0").stdout
    one = json.loads(run(*arguments, "--only", "cows", "--json").stdout)
    assert "intervals" not in one


def test_attributes(folders: Path) -> None:
    (folders / "a.csv").write_text("sequence,fast,dark\ncows,1,0\nlibby,1,1\n")
    arguments = (folders / "gt", folders / "maps", "--common", "--attributes", folders / "a.csv")
    got = json.loads(run(*arguments, "--json").stdout)
    assert got["attributes"]["dark"]["S"] == pytest.approx(got["sequences"]["libby"]["S"])
    assert got["attributes"]["fast"] == {"sequences": 2, **got["mean"]}
    rows = [line.split() for line in run(*arguments, "--figures", "S").stdout.splitlines()]
    assert ["dark", "1", f"{got['sequences']['libby']['S']:.3f}"] in rows
    both = run(folders / "gt", folders / "maps", folders / "base", *arguments[2:], "--figures", "S").stdout
    assert ["attribute", "sequences", "maps", "base"] in [line.split() for line in both.splitlines()]
    (folders / "a.csv").write_text("sequence,fast\ncows,1\n")
    assert f"note: {folders / 'a.csv'} says nothing of libby" in run(*arguments).stderr


def test_curves_are_written_as_pictures_and_data(folders: Path) -> None:
    arguments = (folders / "gt", folders / "maps", folders / "base", "--common", "--curves", folders / "out")
    assert run(*arguments).exit_code == 0
    names = [f"{stem}.{suffix}" for stem in ("f", "pr") for suffix in ("csv", "png", "svg")]
    assert sorted(path.name for path in (folders / "out").iterdir()) == names
    evaluation = evaluate(folders / "gt", folders / "maps", only=["cows", "libby"])
    rows = list(csv.DictReader((folders / "out" / "f.csv").read_text().splitlines()))
    assert [row["threshold"] for row in rows] == [str(t) for t in range(256)]
    assert max(float(row["maps"]) for row in rows) == pytest.approx(evaluation.dataset["maxF"], abs=1e-6)
    pr = list(csv.DictReader((folders / "out" / "pr.csv").read_text().splitlines()))
    assert float(pr[0]["base recall"]) == 1 and float(pr[255]["maps recall"]) < 0.9
    assert float(pr[100]["maps precision"]) == pytest.approx(evaluation.curve("precision")[155], abs=1e-6)
    assert "<title>base</title>" in (folders / "out" / "pr.svg").read_text()


def test_methods_need_names_of_their_own(folders: Path) -> None:
    shutil.copytree(folders / "base", folders / "other" / "base")
    got = json.loads(run(folders / "gt", folders / "base", folders / "other" / "base", "--json").stdout)
    assert list(got["methods"]) == [f"{folders.name}/base", "other/base"]
    twice = failure(run(folders / "gt", f"a={folders / 'base'}", f"a={folders / 'other' / 'base'}"))
    assert "two folders of maps are called a; give them names of their own: NAME=FOLDER" in str(twice)
    weird = folders / "a=b"
    shutil.copytree(folders / "base", weird)
    assert json.loads(run(folders / "gt", weird, "--json").stdout)["predictions"] == str(weird)


def test_the_layout_is_named_and_may_be_chosen(folders: Path, tmp_path: Path) -> None:
    made = davsod(tmp_path / "data")
    write_maps(made, tmp_path / "perfect")
    table = run(made.root, tmp_path / "perfect").stdout
    assert "davsod, 2 sequences, protocol all" in table
    got = json.loads(run(made.root, tmp_path / "perfect", "--layout", "uvsd", "--json").stdout)
    assert (got["layout"], got["mean"]["maxF"]) == ("uvsd", 1)
    unknown = failure(run(made.root, tmp_path / "perfect", "--layout", "davsid"))
    assert "no layout 'davsid'; there are " in str(unknown)


def test_notes_go_to_standard_error_and_into_json(folders: Path) -> None:
    for name in ("00000.png", "00001.png"):
        short = folders / "gt" / "Annotations" / "480p" / "short"
        short.mkdir(exist_ok=True)
        shutil.copy(short.parent / "cows" / name, short / name)
    result = run(folders / "gt", folders / "base", "--protocol", "davsod", "--json")
    (note,) = json.loads(result.stdout)["notes"]
    assert note.startswith("short has 2 masks, of which protocol davsod scores none")
    assert f"note: {note}" in result.stderr


def test_odd_requests(folders: Path) -> None:
    for arguments, text in (
        (("--figures", "S,SSIM"), "no figure 'ssim'; there are maxF, meanF"),
        (("--figures", ","), "no figure ','"),
        (("--attributes", folders / "nowhere.csv"), "no such file of attributes"),
    ):
        assert text in str(failure(run(folders / "gt", folders / "base", *arguments)))
    assert run(folders / "gt").exit_code == 2
