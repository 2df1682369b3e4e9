# ruff: noqa: F811 (fixtures are imported by name)
from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result
from small_weights import state, store_home  # noqa: F401
from torch import Tensor

from vsodboost.cli.weights import weights
from vsodboost.data.errors import UsageError, VsodboostError, WeightsError


def run(*arguments: str) -> Result:
    return CliRunner().invoke(weights, list(arguments))


@pytest.fixture
def checkpoint(tmp_path: Path, state: dict[str, Tensor]) -> Path:
    path = tmp_path / "authors.pth"
    torch.save(state, path)
    return path


def test_the_life_of_an_entry(store_home: Path, checkpoint: Path) -> None:
    added = run("add", "small", str(checkpoint))
    assert added.exit_code == 0
    assert "small: 0.0 MB from authors.pth, sha256 " in added.output
    assert "licence: CC0" in added.output
    path = store_home / "weights/small/model.safetensors"
    assert run("where", "small").output.strip() == str(path)
    assert run("where").output.strip() == str(store_home / "weights")
    assert run("verify").output == run("verify", "small").output == "small: right\n"
    listed = run("list").output.splitlines()
    assert listed[0].split() == ["model", "weights", "file", "licence"]
    assert listed[1].split()[:2] == ["small", "added"]
    assert listed[2].split() == ["wide", "none", "wide.pth", "CC0"]
    as_json = json.loads(run("list", "--json").output)
    assert [(e["name"], bool(e["added"])) for e in as_json] == [("small", True), ("wide", False), ("raw", False)]
    assert as_json[0]["added"]["source_file"] == "authors.pth"
    assert as_json[1] == {
        "name": "wide", "file": "wide.pth", "published": "example.org/wide", "licence": "CC0", "downloadable": False,
        "added": None,
    }  # fmt: skip
    assert run("remove", "small").output == "small: removed\n"
    assert not path.exists()


def test_verify_names_each_broken_entry_and_goes_on(store_home: Path, checkpoint: Path) -> None:
    for name in ("small", "raw"):
        assert run("add", name, str(checkpoint)).exit_code == 0
    path = store_home / "weights/raw/model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    result = run("verify")
    assert isinstance(result.exception, WeightsError)
    assert "1 of 2 not right" in str(result.exception)
    assert "model.safetensors: changed" in result.stderr
    assert result.stdout == "small: right\n"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("add", "small", "absent.pth"), WeightsError, "absent.pth: cannot be read"),
        (("add", "nothing", "absent.pth"), UsageError, "no model named 'nothing'"),
        (("where", "small"), WeightsError, "weights add small small.pth"),
        (("remove", "small"), WeightsError, "no weights to remove"),
        (("download", "small"), UsageError, "publish small.pth at example.org/small"),
        (("export", "small", "--onnx", "x.onnx", "--size", "12"), UsageError, "wants HxW"),
    ],
)
def test_errors_are_left_to_the_main_command(
    store_home: Path,
    arguments: tuple[str, ...],
    error: type[VsodboostError],
    message: str,
) -> None:
    result = run(*arguments)
    assert isinstance(result.exception, error)
    assert message in str(result.exception)
    assert "\n" not in str(result.exception)


def test_usage() -> None:
    assert run("export", "small").exit_code == 2
    for command in ("add", "list", "verify", "where", "remove", "download", "export"):
        assert run(command, "--help").exit_code == 0
