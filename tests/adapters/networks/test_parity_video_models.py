"""MGA, RCRNet, DS-Net and SSAV reproduce the published networks' numbers (needs the shared data)."""

from __future__ import annotations

from types import ModuleType

import pytest
from parity import Parity, check_network
from vsodboost_adapters.networks import dsnet, mga, rcrnet, ssav, ssav_blobs


@pytest.mark.parametrize(
    ("name", "module", "variant"),
    [
        ("mga", mga, "mga"),
        ("rcrnet_image", rcrnet, "image"),
        ("rcrnet_ner", rcrnet, "video"),
        ("dsnet", dsnet, "dsnet"),
    ],
)
def test_parity(name: str, module: ModuleType, variant: str) -> None:
    check_network(name, module.build_network(variant=variant))


def test_ssav_parity_through_the_converter() -> None:
    case = Parity("ssav")
    assert {caffe for caffe, _ in ssav_blobs.blob_names()} == set(case.manifest)
    check_network("ssav", ssav.build_network(), ssav_blobs.state_dict_from_blobs(case.weights()))
