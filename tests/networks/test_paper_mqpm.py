"""The paper's MQPM: what it reads, what it says, and how perception asks it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_plans import ConstantFlow, numbered

from vsodboost.data.cards import IMAGENET_MEAN, IMAGENET_STD
from vsodboost.data.types import FlowField, Maps, PerFrame
from vsodboost.networks.paper_mqpm import PaperMqpm
from vsodboost.ops.flow_image import flow_images
from vsodboost.ops.network_input import to_input
from vsodboost.perception.paper_motion import PaperMotion
from vsodboost.perception.perceive import perceive


def small() -> PaperMqpm:
    torch.manual_seed(0)
    return PaperMqpm(width=4, base=2, side=32)


def test_shapes_and_that_both_branches_teach_the_encoder() -> None:
    network = small()
    out = network(torch.randn(2, 3, 40, 56))
    assert out.logits.shape == (2, 1, 40, 56)
    assert out.high.shape == (2,)
    out.high.sum().backward()
    assert network.localisation.encoder.features[0].weight.grad is not None
    assert network.localisation.head.weight.grad is None  # the class comes from the last decoder layer


def test_it_sees_the_flow_image_and_answers_with_probabilities() -> None:
    flow = np.random.default_rng(0).normal(0, 2, (3, 32, 48, 2)).astype(np.float32)
    network = small().eval()
    maps, quality = PaperMotion(network, batch=2).predict_flow(flow)
    with torch.no_grad():
        out = network(to_input(flow_images(flow), mean=IMAGENET_MEAN, std=IMAGENET_STD))
    np.testing.assert_allclose(maps, torch.sigmoid(out.logits)[:, 0].numpy(), atol=1e-6)
    np.testing.assert_allclose(quality, torch.sigmoid(out.high).numpy(), atol=1e-6)


class Reader:
    """Notes the flow it was shown."""

    def predict_flow(self, flow: FlowField) -> tuple[Maps, PerFrame]:
        self.seen = flow
        return np.full(flow.shape[:3], 0.5, np.float32), np.full(len(flow), 0.9, np.float32)


@pytest.mark.parametrize(("count", "quality"), [(3, 0.9), (1, 0.0)])
def test_a_flow_reader_gets_the_camera_motion_too(count: int, quality: float) -> None:
    frames = numbered(np.zeros((count, 32, 64, 3), np.uint8))
    reader = Reader()
    guidance = perceive(ConstantFlow(2.0, -1.0), reader, frames, "flow")
    assert guidance.static.all()  # nothing but the camera moves
    assert guidance.quality.tolist() == pytest.approx([quality] * count)
    if count > 1:
        assert (reader.seen == np.float32((2, -1))).all()
        assert (guidance.maps == 0.5).all()
    else:
        assert not guidance.maps.any()
