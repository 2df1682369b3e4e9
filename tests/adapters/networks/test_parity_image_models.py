"""CPD, U2-Net, PCSA and COSNet reproduce the published networks' numbers (needs the shared data)."""

from __future__ import annotations

from types import ModuleType

import pytest
from parity import Parity, check_network
from vsodboost_adapters.networks import cosnet, cpd, pcsa, u2net


@pytest.mark.parametrize(
    ("name", "module", "variant"),
    [
        ("cpd_vgg", cpd, "vgg"),
        ("cpd_resnet", cpd, "resnet"),
        ("u2net", u2net, "u2net"),
        ("u2netp", u2net, "u2netp"),
        ("pcsa", pcsa, "pcsa"),
        ("pcsa_spatial", pcsa, "pcsa"),
        ("cosnet", cosnet, "cosnet"),
    ],
)
def test_parity(name: str, module: ModuleType, variant: str) -> None:
    network = module.build_network(variant=variant)
    assert list(network.state_dict()) == list(Parity(name).manifest)
    check_network(name, network)
