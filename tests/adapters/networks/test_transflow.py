"""TransFlow, RealFlow and TMO against their public code, which was run once on formula weights (with Hugging Face's
``SegformerModel`` of transformers 4.49): the names of the files' tensors, and maps of the whole network, are its own.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator
from math import prod
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from vsodboost_adapters import transflow
from vsodboost_adapters.networks.transflow import confidence

from vsodboost.data.cards import IMAGENET_MEAN, IMAGENET_STD
from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import Request
from vsodboost.weights import adding, catalogue

BLOCKS = {"b0": (2, 2, 2, 2), "b1": (2, 2, 2, 2), "b2": (3, 4, 6, 3)}
WIDTHS = {"b0": (32, 64, 160, 256), "b1": (64, 128, 320, 512), "b2": (64, 128, 320, 512)}
DIGESTS = {
    "b0": "be098b66ebf4f4395c1fdc795937139cdc6295e7ef094309658de6f5ed7babb4",
    "b1": "899ad31c0eadfe1efab72162402c371323804292fd06758c9dd3854f1768bbe5",
    "b2": "aaa1e0b1387a94a5d50a5b02b9e5c4f7b12d5c853c07e9764d0ebdb672f3095a",
}
"""SHA-256 of the names and shapes, sorted, of the public code's ``state_dict``."""
LOGITS = {
    False: [
        [[0.13645, -3.19743, -1.96223], [-1.41072, -2.28618, -1.65306], [-2.67823, -1.95359, -2.56852]],
        [[0.64110, -0.90427, -0.31414], [-1.87072, -0.15001, -0.97286], [-3.65414, -1.42134, 0.15610]],
    ],
    True: [
        [[-1.63892, -2.88528, -2.44886], [-2.38382, -2.34281, -6.64768], [-2.63472, -5.26044, -3.89885]],
        [[-3.09251, -3.47646, -1.72141], [-2.19712, -4.03475, -4.77729], [-3.39081, -4.52654, -0.59423]],
    ],
}
"""What the public code answers to ``pair()`` on MiT-B0 at 64 px, object less ground: every 24th row from 12, every 32nd
column from 10. True: with adaptive output selection, which takes the frame's own answer for both."""

Shapes = Iterator[tuple[str, tuple[int, ...]]]


def both(name: str, *weight: int) -> Shapes:
    yield f"{name}.weight", weight
    yield f"{name}.bias", weight[:1]


def encoder(variant: str) -> Shapes:
    """Names and shapes of one encoder of a released file."""
    before = 3
    for stage, (width, blocks) in enumerate(zip(WIDTHS[variant], BLOCKS[variant], strict=True)):
        patch, reduction = (7, 3, 3, 3)[stage], (8, 4, 2, 1)[stage]
        yield from both(f"patch_embeddings.{stage}.proj", width, before, patch, patch)
        yield from both(f"patch_embeddings.{stage}.layer_norm", width)
        for n in range(blocks):
            block = f"block.{stage}.{n}"
            yield from both(f"{block}.layer_norm_1", width)
            for part in ("query", "key", "value"):
                yield from both(f"{block}.attention.self.{part}", width, width)
            if reduction > 1:
                yield from both(f"{block}.attention.self.sr", width, width, reduction, reduction)
                yield from both(f"{block}.attention.self.layer_norm", width)
            yield from both(f"{block}.attention.output.dense", width, width)
            yield from both(f"{block}.layer_norm_2", width)
            yield from both(f"{block}.mlp.dense1", 4 * width, width)
            yield from both(f"{block}.mlp.dwconv.dwconv", 4 * width, 1, 3, 3)
            yield from both(f"{block}.mlp.dense2", width, 4 * width)
        yield from both(f"layer_norm.{stage}", width)
        before = width


def decoder(variant: str) -> Shapes:
    for n, width in enumerate(reversed(WIDTHS[variant]), start=1):
        yield from both(f"conv{n}.conv", 256, width, 1, 1)
        yield from both(f"blend{n}.conv", 256, 256 if n == 1 else 512, 3, 3)
        yield from both(f"cbam{n}.conv1.conv", 256, 256, 3, 3)
        yield from both(f"cbam{n}.conv2.0.conv", 256, 256, 1, 1)
        yield from both(f"cbam{n}.conv2.1.conv", 256, 256, 1, 1)
        yield from both(f"cbam{n}.conv3.0.conv", 16, 2, 3, 3)
        yield from both(f"cbam{n}.conv3.1.conv", 1, 16, 3, 3)
    yield from both("predictor.conv", 2, 256, 3, 3)


def released(variant: str) -> dict[str, tuple[int, ...]]:
    """Names and shapes of a released file."""
    shapes = {f"vos.decoder.{name}": shape for name, shape in decoder(variant)}
    for stream in ("app", "mo"):
        for name, shape in encoder(variant):
            shapes[f"vos.{stream}_encoder.backbone.encoder.{name}"] = shape
        shapes |= {f"vos.{stream}_encoder.{name}": (1, 3, 1, 1) for name in ("mean", "std")}
    return shapes


def filled(shapes: dict[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """Formula weights: noise that hangs on each name alone, ImageNet's statistics."""
    state = {}
    for name, shape in shapes.items():
        noise = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape, dtype=np.float32)
        if name.endswith((".mean", ".std")):
            values = np.float32(IMAGENET_MEAN if name.endswith(".mean") else IMAGENET_STD).reshape(shape)
        elif "norm" in name and name.endswith(".weight"):
            values = 1 + 0.1 * noise
        else:
            gain = 0.3 if re.search(r"\.conv[23]\.\d\.", name) else 2  # attention that is not all or nothing
            values = noise * np.float32(gain / prod(shape[1:]) ** 0.5 if len(shape) > 1 else 0.05)
        state[name] = torch.from_numpy(values.astype(np.float32))
    return state


def pair() -> tuple[Tensor, Tensor]:
    """Two frames and their flow images, [2, 3, 72, 88] in [0, 1]."""
    y, x = torch.meshgrid(torch.arange(72.0), torch.arange(88.0), indexing="ij")
    waves = [torch.sin(x / (5 + n) + n) * torch.cos(y / (9 - n) - n) for n in range(6)]
    frame, flow = torch.stack(waves[:3]) / 2 + 0.5, torch.stack(waves[3:]) / 2 + 0.5
    return torch.stack([frame, frame.flip(2)]), torch.stack([flow, flow.flip(1)])


@pytest.fixture(scope="module")
def b0() -> dict[str, Tensor]:
    return filled(released("b0"))


@pytest.mark.parametrize("variant", sorted(BLOCKS))
def test_the_files_names_and_shapes_are_those_of_the_public_code(variant: str) -> None:
    shapes = released(variant)
    lines = sorted(f"{name} {shape}" for name, shape in shapes.items())
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == DIGESTS[variant]
    with torch.device("meta"):
        named = transflow.renamed({name: torch.empty(shape) for name, shape in shapes.items()})
        own = transflow.build_network(variant).state_dict()
    assert {name: value.shape for name, value in named.items()} == {name: value.shape for name, value in own.items()}


def test_maps_are_those_of_the_public_code(b0: dict[str, Tensor]) -> None:
    network = transflow.build_network("b0", side=64).eval()
    network.load_state_dict(transflow.renamed(b0))
    for select, stored in LOGITS.items():
        with torch.no_grad():
            logits = transflow.saliency(network, *pair(), select=select)
        assert logits.shape == (2, 1, 72, 88)
        assert torch.allclose(logits[:, 0, 12::24, 10::32], torch.tensor(stored), atol=2e-4)


def test_the_first_tmo_has_torchvisions_names_and_other_words_for_its_encoders() -> None:
    with torch.device("meta"):
        own = transflow.build_network("resnet101", 384).state_dict()
    shapes = {name: tuple(value.shape) for name, value in own.items()}
    wanted = {
        "vos.app_encoder.conv1.weight": (64, 3, 7, 7),
        "vos.mo_encoder.layer3.22.conv3.weight": (1024, 256, 1, 1),
        "vos.mo_encoder.layer4.0.downsample.1.running_var": (2048,),
        "vos.app_encoder.mean": (1, 3, 1, 1),
        "vos.decoder.conv1.conv.weight": (256, 2048, 1, 1),
        "vos.decoder.blend4.conv.weight": (256, 512, 3, 3),
        "vos.decoder.cbam2.conv3.1.conv.bias": (1,),
        "vos.decoder.predictor.conv.weight": (2, 256, 3, 3),
    }
    assert {name: shapes.get(name) for name in wanted} == wanted
    old = {name.replace("app_enc", "img_enc").replace("mo_enc", "flow_enc"): value for name, value in own.items()}
    assert set(transflow.renamed(old)) == set(own) != set(old)
    with pytest.raises(UsageError, match="has no variant 'b5'"):
        transflow.build_network("b5")


def test_confidence_is_how_far_probabilities_lie_below_a_tenth() -> None:
    likely = torch.tensor([[[0.95, 0.5]], [[0.05, 0.5]]])[None]
    surer = torch.tensor([[[0.98, 0.04]], [[0.02, 0.96]]])[None]
    assert confidence(torch.cat([likely, surer]).log()).tolist() == pytest.approx([0.05, (0.08**2 + 0.06**2) ** 0.5])


def test_a_file_is_added_strictly_and_runs(
    b0: dict[str, Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VSODBOOST_HOME", str(tmp_path / "home"))
    file = tmp_path / "TransFlow_mitb0.pth"
    known = {name: card.weights for name, card in transflow.CARDS.items() if name in ("transflow-b0", "tmo-b1")}
    monkeypatch.setattr(catalogue, "sources", lambda registry: known)  # not every network there is: they take seconds
    key = "vos.mo_encoder.backbone.encoder.block.2.1.attention.self.key.bias"
    torch.save({name: value for name, value in b0.items() if name != key}, file)
    with pytest.raises(WeightsError, match=r"is not for 'transflow-b0': .*mo_encoder.*value.bias"):
        adding.add("transflow-b0", file)
    torch.save({f"module.{name}": value for name, value in b0.items()}, file)
    with pytest.raises(WeightsError, match=r"is not for 'tmo-b1'.*; it fits 'transflow-b0'"):
        adding.add("tmo-b1", file)
    adding.add("transflow-b0", file)
    target, card = Registry.load().build("targets", "transflow-b0", Request())
    assert card.needs_flow and target.network.side == 512
    assert torch.equal(target.network.vos.decoder.predictor.conv.bias, b0["vos.decoder.predictor.conv.bias"])
