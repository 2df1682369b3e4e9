"""``--profile paper`` from frames to maps, with small random networks added to a store of their own."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file
from shipped_models import add_region_model

import vsodboost
from vsodboost import weights
from vsodboost.boosters.mqp import paper as mqp_paper
from vsodboost.cli.wrap import wrap_command
from vsodboost.data.errors import WeightsError
from vsodboost.decision.trust import FEATURES, TrustModel
from vsodboost.networks import localisation as paper
from vsodboost.networks import paper_mqpm
from vsodboost.networks.lite import LiteNetwork
from vsodboost.weights.shipped import save_for_shipping


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random shipped weights, and an empty store."""
    folder = tmp_path / "shipped"
    torch.manual_seed(0)
    save_for_shipping(LiteNetwork().state_dict(), folder / "lite.safetensors")
    rng = np.random.default_rng(0)
    trust = TrustModel(
        np.zeros(len(FEATURES), np.float32), np.ones(len(FEATURES), np.float32),
        rng.normal(size=(len(FEATURES), 3)).astype(np.float32), np.zeros(3, np.float32), np.ones(3, np.float32), 0.0,
    )  # fmt: skip
    (folder / "trust.json").write_text(trust.to_json(), encoding="utf-8")
    add_region_model(folder)
    monkeypatch.setenv("VSODBOOST_SHIPPED", str(folder))
    monkeypatch.setenv("VSODBOOST_HOME", str(tmp_path / "home"))


@pytest.fixture
def small_networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shipped: None) -> None:
    """The profile's networks, a hundredth as wide and at 64 px, with random weights in the store."""
    localisation = partial(paper.LocalisationNetwork, 4, 2, 64)
    mqpm = partial(paper_mqpm.PaperMqpm, 4, 2, 64)
    for module in (paper, mqp_paper):
        monkeypatch.setattr(module, "LocalisationNetwork", localisation)
    monkeypatch.setattr(paper_mqpm, "PaperMqpm", mqpm)
    torch.manual_seed(0)
    sure = mqpm()
    torch.nn.init.constant_(sure.quality.bias, 20.0)  # every frame's motion is good
    for name, network in (("mqp-paper", localisation()), ("mqpm-paper", sure)):
        file = tmp_path / f"{name}.safetensors"
        save_file(network.state_dict(), file)
        weights.add(name, file)


def frames() -> np.ndarray:
    """Seven frames of noise over which a bright square moves."""
    video = np.random.default_rng(0).integers(0, 100, (7, 48, 72, 3), np.uint8)
    for t in range(7):
        video[t, 12:36, 4 + 4 * t : 28 + 4 * t] += 120
    return video


def bright(video: np.ndarray) -> np.ndarray:
    return (video.mean(axis=-1) > 110).astype(np.float32)


@pytest.mark.usefixtures("small_networks")
def test_from_frames_to_maps() -> None:
    result = vsodboost.boost(frames(), bright, profile="paper", flow="dis", booster_options={"rate": "0.003"})
    assert result.maps.shape == (7, 48, 72)
    assert np.flatnonzero(result.mined).size == 2  # of 0..4 and of 5..6
    assert np.abs(result.maps - result.target_maps).max() > 0.1
    # Each map is stretched to [0, 1], then shrunk.
    assert (result.maps.max((1, 2)) > 0.9).all() and (result.maps.min((1, 2)) < 0.1).all()
    assert ((result.trust > 0) & (result.trust < 1)).all()
    again = vsodboost.boost(frames(), bright, profile="paper", flow="dis", booster_options={"rate": "0.003"})
    assert (again.maps == result.maps).all()


@pytest.mark.usefixtures("small_networks")
def test_carrying_over_is_a_switch() -> None:
    from vsodboost.api import _plan
    from vsodboost.io.array_source import ArraySource
    from vsodboost.pipeline.engine import Engine

    apart: dict[str, list[np.ndarray]] = {}
    for isolation in ("paper", "code"):
        options = {"profile": "paper", "flow": "dis", "booster_options": {"isolation": isolation}}
        engine = Engine(_plan(bright, None, None, options))
        apart[isolation] = [next(iter(engine.boost(ArraySource(frames())))).maps for _ in range(2)]
    assert (apart["paper"][0] == apart["paper"][1]).all()
    assert (apart["code"][0] != apart["code"][1]).any()


@pytest.mark.usefixtures("shipped")
def test_without_weights_the_training_command_is_named(tmp_path: Path) -> None:
    for flow, name in (("dis", "spatial-paper"), ("spynet", "spynet")):
        with pytest.raises(WeightsError, match=name) as caught:
            vsodboost.boost(frames(), bright, profile="paper", flow=flow)
        if flow == "dis":
            assert "vsodboost train spatial-paper" in str(caught.value)
            assert "vsodboost weights add mqp-paper" in str(caught.value)
    with pytest.raises(WeightsError, match="vsodboost train mqpm-paper"):
        vsodboost.boost(frames(), bright, profile="fast", motion="mqpm-paper")


@pytest.mark.usefixtures("small_networks")
def test_on_the_command_line_a_given_option_wins_over_the_profile(tmp_path: Path) -> None:
    from PIL import Image

    for t, frame in enumerate(frames()):
        (tmp_path / "clip").mkdir(exist_ok=True)
        Image.fromarray(frame).save(tmp_path / "clip" / f"{t:02d}.png")
    arguments = [str(tmp_path / "clip"), "--profile", "paper", "--flow", "dis", "-o", str(tmp_path / "out"), "--quiet"]
    outcome = CliRunner().invoke(
        wrap_command, [*arguments, "--booster-option", "windows=mined"], catch_exceptions=False
    )
    assert outcome.exit_code == 0
    run = (tmp_path / "out" / "clip" / "run.json").read_text(encoding="utf-8")
    assert '"booster": "mqp-paper"' in run and '"flow": "dis"' in run and '"profile": "paper"' in run
