"""CPD as a student: both maps, at the size of the frames."""

from __future__ import annotations

import pytest
import torch
from formula_networks import settled
from torch import Tensor
from vsodboost_adapters.networks import cpd

from vsodboost.registry.discovery import Registry


def test_it_is_a_registered_spatial_model() -> None:
    assert Registry.load().card("spatial_models", "cpd").learning_rate == 1e-4


def test_both_maps_come_at_the_frames_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpd.CPDStudent, "side", 64)
    student = cpd.CPDStudent(settled(cpd.build_network("vgg")))  # type: ignore[arg-type]
    seen: list[Tensor] = []
    student.network.vgg.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    handle = student.network.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    images = torch.rand(1, 3, 48, 80)
    with torch.no_grad():
        attention, detection = student.supervised(images)
        final = student(images)
    handle.remove()
    assert attention.shape == detection.shape == final.shape == (1, 1, 48, 80)
    assert torch.equal(final, detection) and not torch.equal(attention, detection)
    assert {x.shape[-2:] for x in seen} == {(64, 64)}
