from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_graphs import mean_graph, onnx
from vsodboost_adapters.generic import onnx_model
from vsodboost_adapters.generic.onnx_network import OnnxNetwork

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import UsageError
from vsodboost.data.types import Clip, Maps
from vsodboost.registry.interfaces import Request
from vsodboost.targets.network_target import NetworkTarget, run_target
from vsodboost.weights.graph_card import card_to_metadata

PLAIN = {"mean": "0", "std": "1"}


def built(path: Path, device: str = "cpu", **options: str) -> NetworkTarget:
    return onnx_model.build(Request(str(path), options, device))


def refusal(path: Path, **options: str) -> str:
    with pytest.raises(UsageError) as caught:
        built(path, **options)
    assert "\n" not in str(caught.value) and path.name in str(caught.value)
    return str(caught.value)


def clip(count: int = 5, height: int = 24, width: int = 40) -> Clip:
    """Frames of random colours, each of its own mean brightness."""
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 80, (count, height, width, 3)) + 35 * np.arange(count)[:, None, None, None]
    return Clip(frames.astype(np.uint8), tuple(f"{i:05d}" for i in range(count)), "clip")


def maps_of(target: NetworkTarget, frames: Clip) -> Maps:
    return run_target(target, target.card, frames, "target 'onnx'")


def brightness(frames: Clip) -> Maps:
    return (frames.frames.mean(axis=-1) / 255).astype(np.float32)


@pytest.mark.parametrize(
    ("shape", "colours", "keepdims", "window"),
    [
        (["N", 3, "h", "w"], 1, True, 1),
        (["N", 3, 24, 40], 1, False, 1),
        ([1, 3, 24, 40], 1, True, 1),
        ([2, 3, 24, 40], 1, True, 1),
        (["N", 24, 40, 3], 3, True, 1),
        (["N", "h", "w", 3], 3, False, 1),
        ([1, 4, 3, 24, 40], 2, True, 4),
        (["B", 4, 3, "h", "w"], 2, False, 4),
        ([1, 3, 4, 24, 40], 1, True, 4),
        ([1, 4, 24, 40, 3], 4, True, 4),
    ],
)
def test_graphs_of_every_shape_see_each_frame_once(
    tmp_path: Path, shape: list[int | str], colours: int, keepdims: bool, window: int
) -> None:
    size = {"size": "24x40"} if "h" in shape else {}
    target = built(mean_graph(tmp_path / "m.onnx", shape, colours=colours, keepdims=keepdims), **PLAIN, **size)
    assert target.card.window == window
    frames = clip()
    np.testing.assert_allclose(maps_of(target, frames), brightness(frames), atol=1e-5)


@pytest.mark.parametrize(
    ("activation", "output"), [("none", "probabilities"), ("sigmoid", "logits"), ("auto", "logits")]
)
def test_activation_is_told_or_found(tmp_path: Path, activation: str, output: str) -> None:
    path = mean_graph(tmp_path / "m.onnx", ["N", 3, 24, 40])
    assert built(path, activation=activation).card.output == output
    quiet = mean_graph(tmp_path / "q.onnx", ["N", 3, 24, 40], gain=0.1, offset=0.5)
    assert built(quiet).card.output == "probabilities"


def test_mean_std_scale_and_channels_reach_the_graph(tmp_path: Path) -> None:
    path = mean_graph(tmp_path / "m.onnx", ["N", 3, 24, 40], gain=1 / 255)
    frames = clip()
    raw = built(path, scale="1", activation="none")
    np.testing.assert_allclose(maps_of(raw, frames), brightness(frames), atol=1e-5)
    shifted = built(path, scale="1", mean="2,4,6", std="0.5,1,2", channels="bgr", activation="none")
    values = frames.frames[..., ::-1].astype(np.float64)
    expected = ((values - [2, 4, 6]) / [0.5, 1, 2]).mean(axis=-1) / 255
    np.testing.assert_allclose(maps_of(shifted, frames), np.clip(expected, 0, 1), atol=1e-5)


def test_minmax_stretches_each_map(tmp_path: Path) -> None:
    target = built(mean_graph(tmp_path / "m.onnx", ["N", 3, 24, 40]), **PLAIN, activation="none", minmax="on")
    maps = maps_of(target, clip())
    np.testing.assert_allclose(maps.min(axis=(1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(maps.max(axis=(1, 2)), 1, atol=1e-6)


def test_the_map_is_the_first_output_that_can_be_one_or_the_one_asked_for(tmp_path: Path) -> None:
    path = mean_graph(tmp_path / "m.onnx", ["N", 3, 24, 40], extra_outputs=("loss", "area"))
    frames = clip()
    expected = maps_of(built(path, **PLAIN), frames)
    np.testing.assert_array_equal(maps_of(built(path, **PLAIN, output="saliency"), frames), expected)
    np.testing.assert_array_equal(maps_of(built(path, **PLAIN, output="2"), frames), expected)
    assert "no output 'salency'; it has loss (0), area (1), saliency (2)" in refusal(path, output="salency")
    assert "no output '3'" in refusal(path, output="3")
    assert "gives loss [1]" in refusal(path, output="loss")


def test_a_uint8_graph_gets_whole_numbers(tmp_path: Path) -> None:
    path = mean_graph(tmp_path / "m.onnx", ["N", 3, 24, 40], kind="UINT8", gain=1 / 255)
    frames = clip()
    target = built(path, scale="1")
    assert target.card.output == "probabilities"
    np.testing.assert_allclose(maps_of(target, frames), brightness(frames), atol=1e-5)


def test_the_card_of_an_exported_graph_is_used_and_options_win(tmp_path: Path) -> None:
    path = mean_graph(tmp_path / "m.onnx", [4, 3, 24, 40], inputs=2)
    card = TargetCard("made", window=4, overlap="last", stride=2, needs_flow=True, output="logits", input_size=(24, 40))
    model = onnx.load(str(path))
    onnx.helper.set_model_props(model, card_to_metadata(card, "made"))
    onnx.save(model, str(path))
    found = built(path).card
    assert (found.window, found.stride, found.overlap, found.needs_flow) == (4, 2, "last", True)
    assert built(path, stride="3", overlap="mean").card.stride == 3
    assert maps_of(built(path), clip(3)).shape == (3, 24, 40)


def test_frames_of_a_free_graph_are_352_px_or_as_asked(tmp_path: Path) -> None:
    path = mean_graph(tmp_path / "m.onnx", ["N", 3, "h", "w"])
    assert built(path).card.input_size == (352, 352)
    assert built(path, size="64x96").card.input_size == (64, 96)
    assert built(path, size="source").card.input_size is None
    assert maps_of(built(path, size="source"), clip()).shape == (5, 24, 40)
    half = mean_graph(tmp_path / "half.onnx", ["N", 3, "h", 48])
    assert built(half).card.input_size == (352, 48)
    assert built(half, size="64x48").card.input_size == (64, 48)


@pytest.mark.parametrize(
    ("shape", "options", "said"),
    [
        (["N", 3], {}, "an input of rank 2, [?,3]; a target takes images"),
        ([3, 24, 40], {}, "an input of rank 3, [3,24,40]"),
        ([1, 1, 4, 3, 24, 40], {}, "an input of rank 6"),
        (["N", 1, 24, 40], {}, "[?,1,24,40], without the 3 colours"),
        (["N", 3, 24, 40], {"size": "32x40"}, "takes frames of 24 x 40 px; leave out option size"),
        (["N", 3, 24, 40], {"size": "source"}, "takes frames of 24 x 40 px; leave out option size"),
        (["N", 3, 24, 40], {"layout": "nhwc"}, "cannot be nhwc; try nchw or nhwc"),
        (["N", 3, 24, 40], {"layout": "nchv"}, "option layout=nchv: must be one of nchw, "),
        ([1, "T", 3, 24, 40], {}, "takes clips of any length; say how long with option window"),
        ([1, 4, 3, 24, 40], {"window": "5"}, "takes clips of 4 frames; leave out option window"),
        ([1, 4, 3, 24, 40], {"stride": "5"}, "with a stride of 5 clips of 4 frames leave frames out"),
        (["N", 3, 24, 40], {"mean": "0.1,0.2"}, "option mean=0.1,0.2: must be one or three numbers"),
        (["N", 3, 24, 40], {"std": "0"}, "std=0: must be one or three numbers above 0"),
        (["N", 3, 24, 40], {"size": "24"}, "option size=24: must be HxW in px"),
        (["N", 3, 24, 40], {"window": "0"}, "option window=0: must be a whole number of at least 1"),
        (["N", 3, 24, 40], {"minmax": "yes"}, "option minmax=yes: must be one of off, on"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(
    tmp_path: Path, shape: list[int | str], options: dict[str, str], said: str
) -> None:
    assert said in refusal(mean_graph(tmp_path / "m.onnx", shape, colours=min(2, len(shape) - 1)), **options)


def test_a_clip_of_free_length_takes_the_window_asked_for(tmp_path: Path) -> None:
    target = built(mean_graph(tmp_path / "m.onnx", [1, "T", 3, 24, 40], colours=2), **PLAIN, window="3")
    assert target.card.window == 3
    assert maps_of(target, clip(7)).shape == (7, 24, 40)


def test_a_graph_that_gives_one_map_a_clip_is_refused(tmp_path: Path) -> None:
    said = refusal(mean_graph(tmp_path / "m.onnx", [1, 4, 3, 24, 40], colours=1, keepdims=False))
    assert "gives saliency [1, 3, 24, 40] for 4 frames; a target gives one map a frame" in said


def test_two_image_inputs_without_a_card_are_refused(tmp_path: Path) -> None:
    assert "has 2 inputs" in refusal(mean_graph(tmp_path / "m.onnx", ["N", 3, 24, 40], inputs=2))


def test_missing_and_foreign_files_are_refused(tmp_path: Path) -> None:
    assert "no such file; give an .onnx file" in refusal(tmp_path / "absent.onnx")
    (tmp_path / "text.onnx").write_text("not a graph")
    assert "onnxruntime cannot load it" in refusal(tmp_path / "text.onnx")
    assert "that is a folder" in refusal(tmp_path)


def test_without_onnxruntime_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = mean_graph(tmp_path / "m.onnx", ["N", 3, 24, 40])
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert "pip install 'vsodboost[cpu]'" in refusal(path)


def test_a_session_without_cuda_is_noted(tmp_path: Path) -> None:
    network = OnnxNetwork(mean_graph(tmp_path / "m.onnx", ["N", 3, 24, 40]))
    assert network.providers == ["CPUExecutionProvider"]
    assert onnx_model.where_it_runs(network, "cpu") == []
    assert "runs on the CPU" in onnx_model.where_it_runs(network, "cuda:1")[0]
    network.providers = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    assert onnx_model.where_it_runs(network, "cuda") == []


def test_a_graph_that_fails_on_frames_is_told_before_the_video_is_read(tmp_path: Path) -> None:
    helper = onnx.helper
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["x", "shape"], ["y"])],
        "fails",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["N", 3, "h", "w"])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(np.array([7, 11, 13], np.int64), "shape")],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), str(tmp_path / "f.onnx")
    )
    said = refusal(tmp_path / "f.onnx")
    assert "fails on 1 frame of 352x352 px" in said


def test_entry_of_the_registry_has_every_option_documented() -> None:
    seen: dict[str, Any] = {}
    onnx_model.vsodboost_register_targets(lambda name, factory, card: seen.update({name: card}))
    assert set(seen) == {"onnx"} and seen["onnx"].argument == "FILE"
    assert all(len(help_) > 10 for help_ in seen["onnx"].options.values())
