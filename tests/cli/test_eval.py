from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from map_files import write_sequence

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
    assert any(line.startswith("2 sequences, protocol all, step 2;") for line in lines)
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
