from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import InputError, PluginError, UsageError
from vsodboost.registry.discovery import Registry
from vsodboost.registry.hookspecs import RegisterTarget, hookimpl
from vsodboost.registry.interfaces import Request
from vsodboost.targets.export import export_onnx
from vsodboost.targets.network_target import NetworkTarget
from vsodboost.weights.graph_card import KEY, card_from_metadata, card_to_metadata

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


class Image(nn.Module):
    """Logits from one convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 1, 3, padding=1)

    def forward(self, frames: Tensor) -> Tensor:
        return self.conv(frames)


class Flow(Image):
    """Frame plus flow image, the map second of two outputs."""

    def forward(self, frames: Tensor, flow_images: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        return frames, self.conv(frames + flow_images)


class Listed(Image):
    """A list of frames, each seen beside the mean of all."""

    def forward(self, frames: list[Tensor]) -> list[Tensor]:  # type: ignore[override]
        mean = torch.stack(frames).mean(0)
        return [self.conv(frame - mean) for frame in frames]


class Fickle(Image):
    """Another map every time."""

    def forward(self, frames: Tensor) -> Tensor:
        return self.conv(frames) + float(np.random.default_rng().normal())


class CountsFrames(Image):
    """A loop over frames, which tracing unrolls for one number of them."""

    def forward(self, frames: Tensor) -> Tensor:
        return torch.cat([self.conv(frames[i : i + 1]) for i in range(len(frames))])


SMALL = TargetCard("a test", input_size=(24, 32))
CASES: dict[str, tuple[type[nn.Module], TargetCard, dict[str, Any]]] = {
    "image": (Image, SMALL, {}),
    "any-size": (Image, TargetCard("a test"), {}),
    "flow": (Flow, TargetCard("a test", input_size=(24, 32), needs_flow=True), {"select": lambda maps: maps[1]}),
    "clip": (Listed, TargetCard("a test", input_size=(24, 32), window=4), {"layout": "list"}),
    "fickle": (Fickle, SMALL, {}),
    "counts": (CountsFrames, SMALL, {}),
}


class Plugin:
    """Registers the networks above, and a target that is none."""

    @hookimpl
    def vsodboost_register_targets(self, register: RegisterTarget) -> None:
        def factory(build: Callable[[], nn.Module], card: TargetCard, options: dict[str, Any]) -> Any:
            return lambda request: NetworkTarget(build(), card, request, **options)

        for name, (build, card, options) in CASES.items():
            register(name, factory(build, card, options), card)
        register("maps", lambda request: object(), SMALL)


@pytest.fixture
def registry() -> Registry:
    torch.manual_seed(0)
    registry = Registry()
    from vsodboost.registry import hookspecs

    registry.manager.add_hookspecs(hookspecs)
    registry.add(Plugin(), "test")
    return registry


@pytest.mark.parametrize(("name", "counts"), [("image", (1, 3)), ("flow", (1, 3)), ("clip", (4,))])
def test_the_graph_takes_any_batch_and_carries_the_card(
    registry: Registry, tmp_path: Path, name: str, counts: tuple[int, ...]
) -> None:
    torch.manual_seed(1)
    file = tmp_path / "new" / "model.onnx"
    assert export_onnx(name, file, registry) <= 1e-4
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    card = card_from_metadata(session.get_modelmeta().custom_metadata_map)
    wanted = CASES[name][1]
    assert card == wanted
    assert [i.name for i in session.get_inputs()] == ["frames", "flow_images"][: 2 if wanted.needs_flow else 1]
    for count in counts:
        feed = {i.name: np.random.rand(count, 3, 24, 32).astype(np.float32) for i in session.get_inputs()}
        assert session.run(["saliency"], feed)[0].shape == (count, 1, 24, 32)
    assert [p.name for p in file.parent.iterdir()] == ["model.onnx"]


def test_sizes(registry: Registry, tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    export_onnx("any-size", file, registry, size=(17, 19))
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape[1:] == [3, 17, 19]
    card = card_from_metadata(session.get_modelmeta().custom_metadata_map)
    assert card is not None and card.input_size == (17, 19)
    with pytest.raises(UsageError, match="any size; say which with --size"):
        export_onnx("any-size", file, registry)
    with pytest.raises(UsageError, match="24x32 px only"):
        export_onnx("image", file, registry, size=(32, 32))


@pytest.mark.parametrize(
    ("name", "message"),
    [("fickle", "the graph's maps differ by"), ("counts", "the graph's maps differ by|the graph fails on 2 frames")],
)
def test_a_graph_that_is_not_the_model_is_not_written(
    registry: Registry, tmp_path: Path, name: str, message: str
) -> None:
    with pytest.raises(PluginError, match=f"'{name}' cannot be exported: ({message})"):
        export_onnx(name, tmp_path / "model.onnx", registry)
    assert list(tmp_path.iterdir()) == []


def test_targets_without_a_network(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'maps' is not a torch network"):
        export_onnx("maps", tmp_path / "model.onnx", registry)


def test_cards_survive_the_way_through_metadata() -> None:
    card = TargetCard(
        "é", "CC", "A paper", input_size=(8, 9), mean=(0.1, 0.2, 0.3), std=(1, 2, 3), resize="pil", window=5
    )
    assert card_from_metadata(card_to_metadata(card, "x")) == card
    assert card_from_metadata({"other": "1"}) is None


@pytest.mark.parametrize(
    "change",
    [
        {"window": 0}, {"window": "5"}, {"input_size": [8]}, {"input_size": [8, -1]}, {"mean": [1, 2, "3"]},
        {"resize": "magic"}, {"minmax": "yes"}, {"stride": True}, {"summary": 3},
    ],
    ids=str,
)  # fmt: skip
def test_nonsense_in_metadata_is_named(change: dict[str, Any]) -> None:
    import json

    content = json.loads(card_to_metadata(SMALL, "x")[KEY])
    with pytest.raises(InputError, match=f"metadata cannot be understood .*{next(iter(change))}"):
        card_from_metadata({KEY: json.dumps({**content, **change})})
    for broken in ("{", "[]", "{}"):
        with pytest.raises(InputError, match="cannot be understood"):
            card_from_metadata({KEY: broken})


def test_the_device_is_the_request_s(registry: Registry) -> None:
    target, _ = registry.build("targets", "image", Request(device="cpu"))
    assert next(target.network.parameters()).device.type == "cpu"
