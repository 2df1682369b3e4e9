"""``vsodboost wrap --flow NAME`` with every estimator there is: an odd frame size, videos of one and of two frames."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
import torch
from moving_pattern import pattern
from small_networks import see_small
from torch import Tensor, nn

from vsodboost.cli import main
from vsodboost.registry.discovery import Registry

SIZE = (45, 67)
COUNTS = {"one": 1, "two": 2}
OPTIONS: dict[str, dict[str, str]] = {
    "dis": {},
    "farneback": {},
    "spynet": {},
    "pwcnet": {},
    "liteflownet": {},
    "flownet2": {},
    "raft": {"updates": "1"},
    "raft-small": {"updates": "1"},
    "ptlflow": {"weights": "things"},
    "flow": {"fill": "dis"},
}


@pytest.fixture(autouse=True)
def work_small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Networks see 64 x 96 px; the videos lie in the current folder."""
    see_small(monkeypatch)
    monkeypatch.chdir(tmp_path)
    for video, count in COUNTS.items():
        (tmp_path / "videos" / video).mkdir(parents=True)
        for t in range(count):
            picture = np.roll(pattern(*SIZE), 3 * t, axis=1)
            assert cv2.imwrite(str(tmp_path / "videos" / video / f"{t:05d}.png"), picture)


def wrapped(out: str, flow: str, **options: str) -> dict[str, np.ndarray]:
    """The maps that ``wrap`` wrote for both videos."""
    given = [word for name, value in options.items() for word in ("--flow-option", f"{name}={value}")]
    fixed = ["--steps", "1", "--device", "cpu", "--quiet"]
    with pytest.raises(SystemExit) as left:
        main(["wrap", "videos", "-o", out, "--flow", flow, *given, *fixed])
    assert not left.value.code
    record = json.loads(Path(out, "two", "run.json").read_text(encoding="utf-8"))
    assert record["settings"]["flow"] == flow
    files = sorted(Path(out).glob("*/*.png"))
    return {str(file.relative_to(out)): cv2.imread(str(file), cv2.IMREAD_UNCHANGED) for file in files}


def formula_weights(name: str, path: Path) -> dict[str, str]:
    """Weights for a network that has none here: drawn at random, or averages where the file would be huge."""
    source = Registry.load().card("flows", name).weights
    if source is None:
        return {}
    torch.manual_seed(0)
    with torch.device("meta" if name == "flownet2" else "cpu"):
        state = source.build().state_dict()
    if name == "flownet2":  # 650 MB: one number a tensor is stored
        state = {key: torch.tensor(1 / value[0].numel()).expand(value.shape) for key, value in state.items()}
    torch.save(state, path)
    return {"weights": str(path)}


class PtlflowModel(nn.Module):
    """Answers as ptlflow's models do."""

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        return {"flows": inputs["images"][:, :1, :2]}


def test_every_estimator_is_tried_here() -> None:
    assert set(Registry.load(only=[]).entries["flows"]) == set(OPTIONS)


@pytest.mark.parametrize("name", list(OPTIONS))
def test_wrap_runs_with_it(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("ptlflow")
    package.get_model = lambda name, ckpt_path: PtlflowModel()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ptlflow", package)
    spec = {"ptlflow": "ptlflow:gma", "flow": "flow:cache"}.get(name, name)
    options = OPTIONS[name] | formula_weights(name, tmp_path / "weights.pt")
    maps = wrapped("out", spec, **options)
    assert list(maps) == ["one/00000.png", "two/00000.png", "two/00001.png"]
    assert all(made.shape == SIZE and made.dtype == np.uint8 for made in maps.values())


def test_flow_that_was_kept_gives_the_same_maps(tmp_path: Path) -> None:
    first = wrapped("first", "flow:cache", fill="dis")
    kept = sorted(str(path.relative_to(tmp_path / "cache")) for path in (tmp_path / "cache").rglob("*.flo"))
    assert kept == ["two/00000.flo", "two/backward/00001.flo"]
    again, plain = wrapped("again", "flow:cache"), wrapped("plain", "dis")
    assert first.keys() == again.keys() == plain.keys()
    assert all(np.array_equal(first[k], again[k]) and np.array_equal(first[k], plain[k]) for k in first)
