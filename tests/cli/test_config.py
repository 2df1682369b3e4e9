"""``--config``: every value is checked against its option, and a wrong one is one line that names file and key."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from vsodboost.cli import main
from vsodboost.cli.config import read_pairs, with_config
from vsodboost.data.errors import UsageError


@click.command("wrap")
@click.option("-t", "--target", default="lite")
@click.option("-o", "--out", type=click.Path(path_type=Path), default=Path("boosted"))
@click.option("--profile", type=click.Choice(["fast", "paper"]), default="fast")
@click.option("--target-option", metavar="NAME=VALUE", multiple=True)
@click.option("--write", "extras", type=click.Choice(["overlay", "sheet"]), multiple=True)
@click.option("--steps", type=click.IntRange(min=1))
@click.option("--seed", type=int, default=0)
@click.option("--rate", type=click.FloatRange(min=0))
@click.option("--resume", is_flag=True)
@click.option("--config", type=click.Path(path_type=Path), callback=with_config, is_eager=True, expose_value=False)
def command(**values: object) -> None:
    """Prints what it was given."""
    click.echo(json.dumps(values, default=str))


def given(tmp_path: Path, text: str, *arguments: str, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    path = tmp_path / "c.toml"
    path.write_bytes(text.encode("utf-8"))
    command.main(["--config", str(path), *arguments], prog_name="wrap", standalone_mode=False)
    values: dict[str, object] = json.loads(capsys.readouterr().out)
    return values


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ('target = "maps:m"', "target", "maps:m"),
        ('out = "there"', "out", "there"),
        ('profile = "paper"', "profile", "paper"),
        ('target-option = ["a=1", "b=2"]', "target_option", ["a=1", "b=2"]),
        ('target_option = "a=1"', "target_option", ["a=1"]),
        ('target-option = { a = 1, b = 0.5, c = true, d = false, e = "x" }', "target_option",
         ["a=1", "b=0.5", "c=on", "d=off", "e=x"]),
        ('write = ["overlay", "sheet"]', "extras", ["overlay", "sheet"]),
        ('write = "sheet"', "extras", ["sheet"]),
        ("write = []", "extras", []),
        ("steps = 3", "steps", 3),
        ("seed = -1", "seed", -1),
        ("rate = 1", "rate", 1.0),
        ("rate = 0.5", "rate", 0.5),
        ("resume = true", "resume", True),
        ("resume = false", "resume", False),
        ("\ufeffsteps = 3", "steps", 3),
        ("[wrap]\nsteps = 3\n[eval]\nsteps = 4", "steps", 3),
        ('[wrap.target-option]\nsize = "1x2"', "target_option", ["size=1x2"]),
    ],
)  # fmt: skip
def test_right_values(tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, key: str, value: object) -> None:
    assert given(tmp_path, line, capsys=capsys)[key] == value


def test_the_command_line_wins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert given(tmp_path, "seed = 3", "--seed", "4", capsys=capsys)["seed"] == 4


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('steps = "many"', "steps must be a whole number, not the text 'many'"),
        ('steps = "3"', "steps must be a whole number, not the text '3'"),
        ("steps = 2.0", "steps must be a whole number, not the number 2.0"),
        ("steps = true", "steps must be a whole number, not true"),
        ("steps = [1, 2]", "steps must be a whole number, not a list"),
        ("steps = 0", "steps: 0 is not in the range x>=1"),
        ("seed = { value = 1 }", "seed must be a whole number, not a table"),
        ("seed = nan", "seed must be a whole number, not the number nan"),
        ("seed = 2024-01-01", "seed must be a whole number, not the date or time 2024-01-01"),
        ("rate = nan", "rate must be a number, not the number nan"),
        ("rate = inf", "rate must be a number, not the number inf"),
        ("rate = false", "rate must be a number, not false"),
        ("rate = -0.5", "rate: -0.5 is not in the range x>=0"),
        ('resume = "yes"', "resume must be true or false, not the text 'yes'"),
        ("resume = 1", "resume must be true or false, not the number 1"),
        ("resume = 5.5", "resume must be true or false, not the number 5.5"),
        ("[resume]\nyes = true", "resume must be true or false, not a table"),
        ("target = 3", "target must be text in quotes, not the number 3"),
        ("target = true", "target must be text in quotes, not true"),
        ('target = ["lite"]', "target must be text in quotes, not a list"),
        ("out = 7", "out must be text in quotes, not the number 7"),
        ("out = 07:32:00", "out must be text in quotes, not the date or time 07:32:00"),
        (r'out = "a\u0000b"', "out holds a zero character or a line break"),
        (r'out = "a\nb"', "out holds a zero character or a line break"),
        ('profile = "slow"', "profile: 'slow' is not one of 'fast', 'paper'"),
        ("profile = 1", "profile must be text in quotes, not the number 1"),
        ("target-option = 3", "target-option must be text in quotes, not the number 3"),
        ('target-option = [["a=1"]]', "target-option must be text in quotes, not a list"),
        ("target-option = { a = { b = 1 } }", "target-option.a must be text, a number, or true or false, not a table"),
        ("target-option = { a = [1] }", "target-option.a must be text, a number, or true or false, not a list"),
        ("target-option = { a = nan }", "target-option.a must be finite, not nan"),
        ("write = { overlay = true }", "write must be text in quotes, not a table"),
        ('write = ["overlay", 3]', "write must be text in quotes, not the number 3"),
        ('write = "film"', "write: 'film' is not one of 'overlay', 'sheet'"),
        ('tarket = "lite"', "no option of wrap is called 'tarket'; did you mean target?"),
        ("zzz = 1", "no option of wrap is called 'zzz'; known: out, profile, rate, "),
        ('config = "other.toml"', "no option of wrap is called 'config'"),
        ("target-option = []\ntarget_option = []", "target_option is given twice, with - and with _"),
        ("seed = 1\n[wrap]\nsteps = 3", "seed stands outside of [wrap], where it is not read; move it in"),
        ("wrap = 3", "'wrap' must be a table of options, not the number 3"),
        ("[wrap", "is no valid TOML"),
        (f"seed = {'9' * 5000}", "is no valid TOML"),
        (f"write = {'[' * 3000}{']' * 3000}", "is no valid TOML"),
    ],
)  # fmt: skip
def test_wrong_values_are_one_line_that_names_file_and_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        given(tmp_path, line, capsys=capsys)
    message = str(refused.value)
    assert message.startswith(f"{tmp_path / 'c.toml'}") and said in message and "\n" not in message


def test_what_is_no_text_is_no_config(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"c\.toml is no valid TOML"):
        command.main(["--config", str(tmp_path / "c.toml")], prog_name="wrap", standalone_mode=False)
    with pytest.raises(UsageError, match=f"cannot read the config {tmp_path}: "):
        command.main(["--config", str(tmp_path)], prog_name="wrap", standalone_mode=False)


def test_wrap_reads_its_config_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "c.toml"
    for line, said in (
        ('resume = "yes"', f"vsodboost: {path}: resume must be true or false, not the text 'yes'\n"),
        ("buffer = 1", f"vsodboost: {path}: buffer: 1 is not in the range x>=2\n"),
    ):
        path.write_text(line, encoding="utf-8")
        with pytest.raises(SystemExit) as left:
            main(["wrap", str(tmp_path), "--config", str(path)])
        assert left.value.code == 2 and capsys.readouterr().err == said


def test_the_options_of_a_trainer_are_pairs(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('steps = 3\nrate = 1e-3\nencoder = "none"\nflip = true\n', encoding="utf-8")
    assert read_pairs(path) == {"steps": "3", "rate": "0.001", "encoder": "none", "flip": "on"}
    path.write_text("[lite]\nsteps = 3\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"c\.toml: lite must be text, a number, or true or false, not a table"):
        read_pairs(path)
