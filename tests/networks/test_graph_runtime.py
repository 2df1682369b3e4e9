"""Graphs of our networks: they give what torch gives, with whatever weights the network has at the moment."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vsodboost.networks.graph_runtime import OFF, GraphRuntime, available
from vsodboost.networks.lite import LiteNetwork, Texture
from vsodboost.ops.network_input import to_input
from vsodboost.perception import build_mqpm
from vsodboost.registry.interfaces import Request
from vsodboost.spatial import LITE_CARD, build_lite
from vsodboost.spatial.student import Student

pytestmark = pytest.mark.skipif(not available(), reason="onnxruntime is not installed (vsodboost[cpu])")
RNG = np.random.default_rng(0)
FRAMES = RNG.integers(0, 256, (3, 64, 96, 3), np.uint8)
MOTION = RNG.normal(0, 2, (3, 64, 96, 2)).astype(np.float32)
MAPS = RNG.random((3, 64, 96), np.float32)


def lite() -> LiteNetwork:
    """The shipped network; in one that was not trained whole tensors are alike, which would hide a mix-up."""
    return build_lite(Request()).eval()


def test_student_in_onnxruntime_says_what_it_says_in_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    network = lite()
    quick = Student(network, LITE_CARD)
    monkeypatch.setenv(OFF, "1")
    slow = Student(network, LITE_CARD)
    assert quick._runtimes is not None
    assert slow._runtimes is None
    for found, wanted in zip(
        quick.predict_each(FRAMES, MOTION, (None, MAPS)), slow.predict_each(FRAMES, MOTION, (None, MAPS)), strict=True
    ):
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_tuned_weights_reach_the_graph_and_a_reset_takes_them_back() -> None:
    student = Student(lite(), LITE_CARD)
    before = student.predict(FRAMES[:1])
    with torch.no_grad():
        student.network.head.bias += 20.0  # type: ignore[union-attr, operator]
    after = student.predict(FRAMES[:1])
    with torch.no_grad():
        wanted = torch.sigmoid(student.network(to_input(FRAMES[:1])))[:, 0].numpy()
    assert np.abs(after - before).max() > 0.01
    np.testing.assert_allclose(after, wanted, atol=1e-5)
    student.reset()
    np.testing.assert_array_equal(student.predict(FRAMES[:1]), before)


def test_maps_of_several_at_once_are_those_of_one_after_another() -> None:
    student = Student(lite(), LITE_CARD)
    together = student.predict_each(FRAMES, MOTION, (MAPS, None))
    np.testing.assert_array_equal(together[0], student.predict(FRAMES, MOTION, MAPS))
    np.testing.assert_array_equal(together[1], student.predict(FRAMES, MOTION, None))


def test_motion_quality_in_onnxruntime_is_that_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = build_mqpm(Request()).predict(MOTION)
    monkeypatch.setenv(OFF, "1")
    slow = build_mqpm(Request()).predict(MOTION)
    np.testing.assert_allclose(quick[0], slow[0], atol=1e-5)
    np.testing.assert_allclose(quick[1], slow[1], atol=1e-5)


def test_texture_is_that_of_the_network() -> None:
    network = lite()
    values = torch.randn(2, 3, 64, 64)
    found = GraphRuntime("lite-texture", network)(values.numpy())
    for mine, theirs in zip(found, Texture(*network.texture(values)), strict=True):
        np.testing.assert_allclose(mine, theirs.numpy(), rtol=1e-3, atol=1e-4)
