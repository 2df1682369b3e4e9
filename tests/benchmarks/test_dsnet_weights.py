"""What DS-Net's weights and attention cost: weights can be fixed, attention switched off, and nothing stays so."""

from __future__ import annotations

import dsnet_weights
import torch
from formula_networks import images, settled
from vsodboost_adapters.networks import dsnet


def test_the_whole_network_is_steered_and_let_go() -> None:
    network = settled(dsnet_weights.Steered())
    frame, flow = images(1, 1, 3, 32, 32), images(2, 1, 3, 32, 32)
    truth = (images(3, 1, 1, 32, 32) > 0).float()
    with torch.inference_mode():
        before = dsnet.DSNetwork.forward(network, frame, flow)[0]
        figures = dsnet_weights.measure(lambda *given: (before,), network, [(frame, flow, truth)])
        after = network(frame, flow)[0]
    torch.testing.assert_close(before, after)
    assert figures["M1"] == figures["M5, final"]  # the same map was handed out for M1's
    changed = [*(f"M5, {name}" for name in dsnet_weights.FIXED), "M5, no attention"]
    assert len({round(figures[name], 6) for name in [*changed, "M5, final"]}) == 5
    assert 0 < figures["spatial share"] < 1 and 0 <= figures["cut"] <= 1
    lines: list[str] = []
    dsnet_weights.report({"held out": figures}, lines.append)
    assert any("no attention" in line for line in lines)
