"""What a graph gives is read right, whatever its scale, type, order of dimensions and number of outputs, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_graphs import RedGraph
from vsodboost_adapters.generic import onnx_model

from vsodboost.data.errors import PluginError, UsageError
from vsodboost.data.types import Clip, Maps
from vsodboost.registry.interfaces import Request
from vsodboost.targets.network_target import NetworkTarget, run_target

SIZE = (24, 40)
FREE = ["N", 3, *SIZE]


def clip(count: int = 5) -> Clip:
    frames = np.random.default_rng(0).integers(0, 256, (count, *SIZE, 3)).astype(np.uint8)
    return Clip(frames, tuple(f"{i:05d}" for i in range(count)), "clip")


def red(frames: Clip) -> Maps:
    return frames.frames[..., 0] / np.float32(255)


def built(path: Path, **options: str) -> NetworkTarget:
    return onnx_model.build(Request(str(path), options))


def maps_of(target: NetworkTarget, frames: Clip | None = None) -> Maps:
    return run_target(target, target.card, frames or clip(), "target 'onnx'")


def refusal(path: Path, **options: str) -> str:
    with pytest.raises(UsageError) as caught:
        built(path, **options)
    assert "\n" not in str(caught.value) and path.name in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("gain", "offset", "options", "noted"),
    [
        (1, 0, {}, ""),
        (255, 0, {}, "read as 0..255"),
        (65535, 0, {}, "read as 0..65535"),
        (2, -1, {}, "read as -1..1"),
        (1.04, -0.02, {"range": "-0.02..1.02"}, ""),
        (100, 0, {"range": "0..100"}, ""),
        (-1, 1, {"range": "1..0"}, ""),
        (0.8, 0.1, {"activation": "none", "range": "0.1..0.9"}, ""),
    ],
)
def test_the_scale_of_the_values_is_recognised_or_asked_for(
    tmp_path: Path, gain: float, offset: float, options: dict[str, str], noted: str
) -> None:
    graph = RedGraph(FREE)
    target = built(graph.save(tmp_path / "m.onnx", {"y": graph.times(gain, offset)}), **options)
    assert target.card.output == "probabilities"
    np.testing.assert_allclose(maps_of(target), red(clip()), atol=1e-3)
    assert noted in " ".join(target.notes) and bool(target.notes) == bool(noted)


def test_logits_stay_logits(tmp_path: Path) -> None:
    graph = RedGraph(FREE)
    target = built(graph.save(tmp_path / "m.onnx", {"y": graph.times(20, -10)}))
    assert target.card.output == "logits" and target.notes == []
    np.testing.assert_allclose(maps_of(target), 1 / (1 + np.exp(10 - 20 * red(clip()))), atol=1e-4)


@pytest.mark.parametrize(("gain", "offset"), [(100, 0), (1000, 0), (3, 1), (0.2, -0.1)])
def test_values_that_may_mean_several_things_are_refused_with_the_options_that_say(
    tmp_path: Path, gain: float, offset: float
) -> None:
    graph = RedGraph(FREE)
    said = refusal(graph.save(tmp_path / "m.onnx", {"y": graph.times(gain, offset)}))
    assert "activation=sigmoid" in said and "range=LOW..HIGH" in said


def test_values_that_contradict_the_trial_are_a_failure_of_that_video(tmp_path: Path) -> None:
    # Bright below 3/4 of the range only: the trial's saturated colours leave it at 1, dull frames bring it to 200.
    graph = RedGraph(FREE)
    peak = graph.op("Where", graph.op("Less", graph.map, graph.constant(np.float32(0.02))), *_pair(graph, 1.0, 0.0))
    dull = graph.op("ReduceMax", graph.map, keepdims=1)
    often = graph.op("Where", graph.op("Less", dull, graph.constant(np.float32(0.9))), *_pair(graph, 200.0, 1.0))
    target = built(graph.save(tmp_path / "m.onnx", {"y": graph.op("Mul", peak, often)}))
    dim = Clip(clip(3).frames // 4, ("0", "1", "2"), "dim")
    with pytest.raises(PluginError, match=r"values from 0 to 200, but its trial call gave 0\.\.1; .*range"):
        maps_of(target, dim)


def _pair(graph: RedGraph, first: float, second: float) -> tuple[str, str]:
    return graph.constant(np.float32(first)), graph.constant(np.float32(second))


@pytest.mark.parametrize("kind", ["UINT8", "UINT16", "INT32", "INT64"])
@pytest.mark.parametrize("high", [1, 255])
def test_whole_numbers_are_masks_or_grey(tmp_path: Path, kind: str, high: int) -> None:
    graph = RedGraph(FREE)
    mask = graph.op("Cast", graph.op("Greater", graph.map, graph.constant(np.float32(0.5))), to=1)
    y = graph.op("Mul", mask, graph.constant(np.float32(high)))
    target = built(graph.save(tmp_path / "m.onnx", {"y": y}, {"y": kind}))
    np.testing.assert_allclose(maps_of(target), red(clip()) > 0.5, atol=1e-6)
    grey = RedGraph(FREE)
    path = grey.save(tmp_path / "g.onnx", {"y": grey.op("Round", grey.times(255))}, {"y": kind})
    np.testing.assert_allclose(maps_of(built(path)), red(clip()), atol=1e-5)


def test_a_boolean_output_is_a_mask(tmp_path: Path) -> None:
    graph = RedGraph(FREE)
    y = graph.op("Greater", graph.map, graph.constant(np.float32(0.5)))
    target = built(graph.save(tmp_path / "m.onnx", {"y": y}, {"y": "BOOL"}))
    np.testing.assert_array_equal(maps_of(target), red(clip()) > 0.5)


def test_class_numbers_want_the_class(tmp_path: Path) -> None:
    graph = RedGraph(FREE)
    path = graph.save(tmp_path / "m.onnx", {"y": graph.op("Round", graph.times(3))}, {"y": "INT64"})
    said = refusal(path)
    assert "whole numbers (0, 1, 2, 3), which may be class numbers" in said and "class=N" in said
    expected = np.round(red(clip()) * 3) == 2
    assert (maps_of(built(path, **{"class": "2"})) != expected).mean() < 0.01  # where rounding falls on a half


@pytest.mark.parametrize(
    ("batch", "squeezed"), [("N", []), ("N", [1]), (1, [0, 1]), (1, [1]), (1, [0]), (2, [1]), (3, [1])]
)
@pytest.mark.parametrize("kind", ["FLOAT", "UINT8"])
def test_outputs_without_dimensions_of_one(tmp_path: Path, batch: Any, squeezed: list[int], kind: str) -> None:
    graph = RedGraph([batch, 3, *SIZE])
    y = graph.op("Round", graph.times(255))
    if squeezed:
        y = graph.op("Squeeze", y, graph.constant(np.array(squeezed, np.int64)))
    target = built(graph.save(tmp_path / "m.onnx", {"y": y}, {"y": kind}))
    for count in (1, 2, 5):
        np.testing.assert_allclose(maps_of(target, clip(count)), red(clip(count)), atol=1e-2)


@pytest.mark.parametrize("batch", ["N", 1, 2])
@pytest.mark.parametrize("channels_last", [False, True])
def test_a_uint8_graph_gets_pixels_in_its_own_order(tmp_path: Path, batch: Any, channels_last: bool) -> None:
    shape = [batch, *SIZE, 3] if channels_last else [batch, 3, *SIZE]
    graph = RedGraph(shape, channels_last=channels_last, kind="UINT8")
    path = graph.save(tmp_path / "m.onnx", {"y": graph.map})
    np.testing.assert_allclose(maps_of(built(path)), red(clip()), atol=1e-6)
    assert "so it gets pixels of 0..255; leave out option mean" in refusal(path, mean="0.5")


def test_inputs_that_are_no_pixels_are_refused(tmp_path: Path) -> None:
    graph = RedGraph(FREE, kind="INT8")
    said = refusal(graph.save(tmp_path / "m.onnx", {"y": graph.map}))
    assert "input 'x' takes tensor(int8); export it with one of float, " in said


def test_a_float_graph_that_wants_pixels_is_refused_until_that_is_said(tmp_path: Path) -> None:
    graph = RedGraph(FREE, kind="DOUBLE")  # divides by 255, but takes no whole numbers
    sharp = graph.op("Sub", graph.op("Mul", graph.map, graph.constant(np.float32(2))), graph.constant(np.float32(0.5)))
    y = graph.op("Clip", sharp, graph.constant(np.float32(0)), graph.constant(np.float32(1)))
    path = graph.save(tmp_path / "m.onnx", {"y": y})
    assert "blank maps of frames normalised as for ImageNet, but not of pixels of 0..255" in refusal(path)
    target = built(path, scale="1")
    np.testing.assert_allclose(maps_of(target), np.clip(red(clip()) * 2 - 0.5, 0, 1), atol=1e-5)
    assert "blank" in built(path, mean="0", std="1").notes[0]


def shrunk(graph: RedGraph, cell: int) -> str:
    return graph.op("AveragePool", graph.map, kernel_shape=[cell, cell], strides=[cell, cell])


@pytest.mark.parametrize(
    ("names", "cells", "taken"),
    [
        (("side4", "side3", "output_image"), (8, 4, 1), "output_image"),
        (("output", "1869", "1900"), (8, 4, 1), "1900"),  # exporters name the first only
        (("d0", "d1", "d2"), (1, 1, 1), "d0"),
        (("edge", "pred"), (1, 1), "pred"),
        (("coarse", "mask", "mask_up"), (4, 2, 1), "mask_up"),
        (("saliency", "detail"), (2, 1), "saliency"),
    ],
)
def test_of_several_outputs_the_final_one_is_taken_and_the_choice_noted(
    tmp_path: Path, names: tuple[str, ...], cells: tuple[int, ...], taken: str
) -> None:
    graph = RedGraph(FREE)
    whole = graph.times(0.5)
    outputs = {name: whole if cell == 1 else shrunk(graph, cell) for name, cell in zip(names, cells, strict=True)}
    outputs[taken] = graph.map if cells[names.index(taken)] == 1 else outputs[taken]
    path = graph.save(tmp_path / "m.onnx", outputs)
    target = built(path)
    assert f"of its outputs '{taken}'" in target.notes[0] and "output=NAME" in target.notes[0]
    if cells[names.index(taken)] == 1:
        np.testing.assert_allclose(maps_of(target), red(clip()), atol=1e-5)
    first = built(path, output=names[0])
    assert first.notes == []
    np.testing.assert_array_equal(maps_of(first), maps_of(built(path, output="0")))


def test_outputs_that_are_no_maps_are_not_taken_for_some(tmp_path: Path) -> None:
    graph = RedGraph(FREE)
    outputs = {
        "boxes": graph.constant(np.zeros((1, 300, 4), np.float32)),
        "tokens": graph.op("Reshape", graph.map, graph.constant(np.array([-1, 60, 16], np.int64))),
        "score": graph.op("ReduceMean", graph.map, keepdims=0),
        "y": graph.map,
    }
    target = built(graph.save(tmp_path / "m.onnx", outputs))
    assert target.notes == []
    np.testing.assert_allclose(maps_of(target), red(clip()), atol=1e-5)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1)])
def test_two_classes_want_the_class_and_a_softmax_is_named(tmp_path: Path, order: tuple[int, ...]) -> None:
    graph = RedGraph(FREE)
    path = graph.save(tmp_path / "m.onnx", {"p": graph.op("Transpose", graph.two_classes(), perm=list(order))})
    said = refusal(path)
    assert "'p' with 2 classes a pixel (they sum to 1: a softmax)" in said and "option class=1 (or class=0)" in said
    np.testing.assert_allclose(maps_of(built(path, **{"class": "1"})), red(clip()), atol=1e-5)
    np.testing.assert_allclose(maps_of(built(path, **{"class": "0"})), 1 - red(clip()), atol=1e-5)
    assert "has no class 2; its 2 classes begin at 0" in refusal(path, **{"class": "2"})
    assert "option class=-1: must be a whole number of at least 0" in refusal(path, **{"class": "-1"})


def test_logits_of_classes_get_a_softmax_or_the_class_alone(tmp_path: Path) -> None:
    graph = RedGraph(FREE)
    centred = graph.op("Sub", graph.two_classes(sharpness=8), graph.constant(np.float32(4)))
    path = graph.save(tmp_path / "m.onnx", {"p": centred})
    assert "2 classes a pixel, not one" in refusal(path)
    target = built(path, **{"class": "1"})
    assert "softmax over 2 classes" in target.notes[0]
    logits = 8 * red(clip()) - 4
    np.testing.assert_allclose(maps_of(target), 1 / (1 + np.exp(-2 * logits)), atol=1e-4)
    alone = built(path, **{"class": "1"}, activation="sigmoid")
    np.testing.assert_allclose(maps_of(alone), 1 / (1 + np.exp(-logits)), atol=1e-4)


def test_classes_of_one_squeezed_frame(tmp_path: Path) -> None:
    graph = RedGraph([1, 3, *SIZE])
    both = graph.op("Squeeze", graph.two_classes(), graph.constant(np.array([0], np.int64)))
    path = graph.save(tmp_path / "m.onnx", {"p": both})
    assert "2 classes a pixel" in refusal(path)
    np.testing.assert_allclose(maps_of(built(path, **{"class": "1"})), red(clip()), atol=1e-5)


def test_options_of_reading_that_do_not_fit(tmp_path: Path) -> None:
    graph = RedGraph(FREE)
    path = graph.save(tmp_path / "m.onnx", {"y": graph.map})
    assert "gives one map without class numbers; leave out class" in refusal(path, **{"class": "1"})
    assert "so there is no softmax over classes" in refusal(path, activation="softmax")
    assert "option range=255: must be LOW..HIGH" in refusal(path, range="255")
    assert "options range and activation=sigmoid exclude each other" in refusal(
        path, range="0..1", activation="sigmoid"
    )
    assert "option activation=tanh: must be one of auto, sigmoid, softmax, none" in refusal(path, activation="tanh")


def pyramid(graph: RedGraph, cell: int) -> str:
    """The map plus 0 times itself shrunk and grown again: fails unless sides are multiples of ``cell``."""
    scales = graph.constant(np.array([1, 1, cell, cell], np.float32))
    grown = graph.op("Resize", shrunk(graph, cell), "", scales, mode="nearest")
    return graph.op("Add", graph.map, graph.op("Mul", grown, graph.constant(np.float32(0))))


@pytest.mark.parametrize(
    ("cell", "size", "multiple"), [(16, "source", 32), (64, "source", 64), (14, "source", 28), (32, "24x40", 32)]
)
def test_sides_are_padded_where_a_graph_fails_on_others(tmp_path: Path, cell: int, size: str, multiple: int) -> None:
    graph = RedGraph(["N", 3, "h", "w"])
    path = graph.save(tmp_path / "m.onnx", {"y": pyramid(graph, cell)})
    target = built(path, size=size)
    assert f"multiples of {multiple}: it fails on" in target.notes[0]
    np.testing.assert_allclose(maps_of(target), red(clip()), atol=1e-5)
    assert built(path, size=size, multiple=str(multiple)).notes == []
    assert "Add node" in refusal(path, size=size, multiple="3")


def test_a_graph_that_takes_no_batch_is_run_frame_by_frame(tmp_path: Path) -> None:
    graph = RedGraph(FREE)
    flat = graph.op("Reshape", graph.map, graph.constant(np.array([1, 1, *SIZE], np.int64)))
    target = built(graph.save(tmp_path / "m.onnx", {"y": flat}))
    assert target.card.batch == 1 and "one by one: it fails on two at once" in target.notes[0]
    np.testing.assert_allclose(maps_of(target), red(clip()), atol=1e-5)


def test_a_graph_without_the_shape_of_its_input_wants_the_layout(tmp_path: Path) -> None:
    import onnx

    graph = RedGraph(FREE)
    path = graph.save(tmp_path / "m.onnx", {"y": graph.map})
    model = onnx.load(str(path))
    model.graph.input[0].type.tensor_type.ClearField("shape")
    onnx.save(model, str(path))
    assert "does not say what shape its input has" in refusal(path)
    np.testing.assert_allclose(maps_of(built(path, layout="nchw", size="source")), red(clip()), atol=1e-5)
