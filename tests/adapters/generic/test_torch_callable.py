from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from vsodboost_adapters.generic import torch_callable

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import PluginError, UsageError
from vsodboost.data.types import Clip, Maps
from vsodboost.registry.interfaces import Request, Target
from vsodboost.targets.network_target import run_target

CODE = """
from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn


class Mean(nn.Module):
    def __init__(self, gain=1.0):
        super().__init__()
        self.gain = gain

    def forward(self, x):
        return x.mean(1, keepdim=True) * self.gain


class Half(Mean):
    def forward(self, x):
        return x.mean(1, keepdim=True) * 0.1 + 0.5


class Wide(nn.Module):
    def __init__(self, width):
        super().__init__()


class Clips(nn.Module):
    def forward(self, x):
        assert x.shape[:3] == (1, 4, 3)
        return {"out": x.mean(2), "aux": x}


class Lists(nn.Module):
    def forward(self, frames):
        assert len(frames) == 4 and all(f.shape[:2] == (1, 3) for f in frames)
        return [f.mean(1, keepdim=True) for f in frames]


class Blue(nn.Module):
    def forward(self, x):
        return x[:, :1]


class Broken(nn.Module):
    def forward(self, x):
        raise RuntimeError("sizes of tensors\\nmust match")


class Two(nn.Module):
    def forward(self, x):
        return x[:, :2]


class Red(nn.Module):
    # The red channel of frames normalised as for ImageNet, and what a child makes of it.

    def forward(self, x):
        red = (x[:, :1] * 0.229 + 0.485).clamp(0, 1)
        return self.made(red, nn.functional.avg_pool2d(red, 8))


class AuxFirst(Red):
    def made(self, red, small):
        return {"aux": small, "out": red}


class AuxAsLarge(Red):
    def made(self, red, small):
        return {"aux": 1 - red, "out": red}


class Tuple(Red):
    Output = namedtuple("Output", "edge saliency")

    def made(self, red, small):
        return self.Output(1 - red, red)


@dataclass
class Maps:
    coarse: torch.Tensor
    refined: torch.Tensor
    loss: float = 0.0


class DataClass(Red):
    def made(self, red, small):
        return Maps(small, red)


class Nested(Red):
    def made(self, red, small):
        return {"preds": [small, red], "loss": torch.zeros(())}


class Sides(Red):
    def made(self, red, small):
        return small, red


class Bytes(Red):
    def made(self, red, small):
        return (red * 255).round().to(torch.uint8)


class Scaled(Red):
    def made(self, red, small):
        return {"out": red * 255}


class Unknown(Red):
    def made(self, red, small):
        return {"a": 1 - red, "b": red}


class Classes(Red):
    def made(self, red, small):
        return {"out": torch.cat([1 - red, red], 1)}


class Logits(Red):
    def made(self, red, small):
        return {"probabilities": 1 - red, "logits": red * 8 - 4}


class Pyramid(Red):
    def forward(self, x):
        grown = nn.functional.interpolate(nn.functional.avg_pool2d(x, 16), scale_factor=16)
        return super().forward(x + 0 * (x + grown))

    def made(self, red, small):
        return red


class OneByOne(Red):
    def made(self, red, small):
        assert len(red) == 1, "one frame at a time"
        return red


class Predictor:
    seen = []

    def predict(self, clip):
        self.seen.append(len(clip))
        return clip.frames.mean(axis=-1) / 255


class Space:
    network = Mean()


instance = Mean()
answer = 42


def make(gain=2.0):
    return Mean(gain)


def make_nothing():
    return None


def make_failing():
    raise FileNotFoundError("weights.pth")


def brightness(frames):
    return frames.mean(axis=-1) / 255


def grey(frames):
    return frames[..., 0]


def grey_floats(frames):
    return frames[..., 0].astype(np.float32)


def labels(frames):
    return frames[..., 0] // 64


def longest(frames):
    return np.full(frames.shape[:3], len(frames) / 10, np.float32)
"""
PLAIN = {"mean": "0", "std": "1"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, with a module ``my_models``; what is imported from it is forgotten afterwards."""
    (tmp_path / "my_models.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    path, modules = list(sys.path), set(sys.modules)
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if "my_" in name:
            del sys.modules[name]


def built(argument: str, **options: str) -> Target:
    return torch_callable.build(Request(argument, options))


def refusal(argument: str, **options: str) -> str:
    with pytest.raises(UsageError) as caught:
        built(argument, **options)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"torch:{argument}")
    return str(caught.value)


def clip(count: int = 5) -> Clip:
    frames = np.random.default_rng(0).integers(0, 256, (count, 24, 40, 3)).astype(np.uint8)
    return Clip(frames, tuple(f"{i:05d}" for i in range(count)), "clip")


def card_of(target: Target) -> TargetCard:
    card = getattr(target, "card", None)
    assert isinstance(card, TargetCard)
    return card


def maps_of(target: Target) -> Maps:
    return run_target(target, card_of(target), clip(), "target 'torch'")


def sigmoid(values: Maps) -> Maps:
    return np.asarray(1 / (1 + np.exp(-values)))


def brightness() -> Maps:
    return (clip().frames.mean(axis=-1) / 255).astype(np.float32)


@pytest.mark.parametrize("name", ["Mean", "instance", "Space.network"])
def test_modules_classes_and_dotted_names_give_maps(name: str) -> None:
    np.testing.assert_allclose(maps_of(built(f"my_models:{name}", **PLAIN)), brightness(), atol=1e-5)


def test_a_factory_is_called_without_arguments() -> None:
    logits = 2 * (brightness() * 2 - 1)
    np.testing.assert_allclose(maps_of(built("my_models:make", mean="0.5", std="0.5")), sigmoid(logits), atol=1e-5)


def test_a_function_gets_the_frames_as_they_are() -> None:
    np.testing.assert_allclose(maps_of(built("my_models:brightness")), brightness(), atol=1e-6)
    assert "option mean is for torch modules; a function gets the frames" in refusal("my_models:brightness", mean="0")


def test_a_function_sees_clips_of_the_window_asked_for() -> None:
    target = built("my_models:longest", window="3")
    np.testing.assert_allclose(maps_of(target), 0.3, atol=1e-6)
    assert card_of(built("my_models:longest", window="3", stride="1", overlap="last")).overlap == "last"


def test_a_target_object_may_come_from_a_class() -> None:
    target = built("my_models:Predictor", window="2", stride="1")
    np.testing.assert_allclose(maps_of(target), brightness(), atol=1e-6)
    assert sys.modules["my_models"].Predictor.seen == [2, 2, 2, 2]


def test_probabilities_are_told_from_logits_by_a_trial_call() -> None:
    assert card_of(built("my_models:Half")).output == "probabilities"
    assert card_of(built("my_models:Mean")).output == "logits"
    assert card_of(built("my_models:Half", output="logits")).output == "logits"


def reds() -> Maps:
    return (clip().frames[..., 0] / 255).astype(np.float32)


def notes_of(target: Target) -> str:
    return " ".join(getattr(target, "notes", ()))


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("AuxFirst", "'out'"),
        ("AuxAsLarge", "'out'"),
        ("Tuple", "'saliency'"),
        ("DataClass", "'refined'"),
        ("Nested", "'preds.1'"),
        ("Sides", "'1'"),
        ("Bytes", "read as 0..255"),
        ("Scaled", "read as 0..255"),
        ("Pyramid", "multiples of 32"),
        ("OneByOne", "one by one"),
    ],
)
def test_modules_return_what_they_like_and_the_choice_is_noted(name: str, taken: str) -> None:
    target = built(f"my_models:{name}")
    np.testing.assert_allclose(maps_of(target), reds(), atol=1e-2)
    assert taken in notes_of(target)


def test_the_output_asked_for_is_taken_by_key_or_number() -> None:
    assert "'a' 277x411" in notes_of(built("my_models:Unknown"))
    for asked in ("b", "1"):
        target = built("my_models:Unknown", output=asked)
        np.testing.assert_allclose(maps_of(target), reds(), atol=1e-5)
        assert notes_of(target) == ""
    np.testing.assert_allclose(maps_of(built("my_models:Nested", output="preds")), reds(), atol=1e-5)
    assert "has no output 'c'; it has a (0), b (1)" in refusal("my_models:Unknown", output="c")


def test_output_logits_is_a_key_where_there_is_one_and_else_says_what_comes_out() -> None:
    logits = built("my_models:Logits", output="logits")
    np.testing.assert_allclose(maps_of(logits), sigmoid(reds() * 8 - 4), atol=1e-5)
    np.testing.assert_allclose(maps_of(built("my_models:Logits", output="probabilities")), 1 - reds(), atol=1e-5)
    plain = built("my_models:Mean", **PLAIN, output="logits")
    np.testing.assert_allclose(maps_of(plain), sigmoid(brightness()), atol=1e-5)


def test_the_class_asked_for_is_taken() -> None:
    np.testing.assert_allclose(maps_of(built("my_models:Classes", **{"class": "1"})), reds(), atol=1e-5)


@pytest.mark.parametrize("name", ["grey", "grey_floats"])
def test_a_function_may_give_0_to_255(name: str) -> None:
    target = built(f"my_models:{name}")
    np.testing.assert_allclose(maps_of(target), reds(), atol=1e-6)
    assert "0..255" in notes_of(target)


def test_a_function_that_gives_class_numbers_is_refused() -> None:
    with pytest.raises(PluginError, match=r"8-bit maps up to 3; .*a map of class numbers: 1 where the object is"):
        maps_of(built("my_models:labels"))


def test_files_that_hold_no_python_are_refused_in_true_words(folder: Path) -> None:
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch deprecates what people still have
        torch.jit.script(torch.nn.Conv2d(3, 1, 1)).save(str(folder / "script.pt"))
    torch.save(torch.nn.Conv2d(3, 1, 1).state_dict(), folder / "net.pth")
    (folder / "m.onnx").write_bytes(b"x")
    for argument in ("script.pt", "script.pt:Net"):
        said = refusal(argument)
        assert "script.pt is a TorchScript program" in said and "torch.jit.load(FILE)" in said
    assert "net.pth is a file of weights, and code is run from Python files only" in refusal("net.pth:Net")
    assert "m.onnx is an ONNX graph; write onnx:m.onnx" in refusal("m.onnx")


def test_clips_are_given_as_the_layout_says() -> None:
    for name, layout in (("Clips", "clip"), ("Lists", "list"), ("Mean", "batch")):
        target = built(f"my_models:{name}", **PLAIN, window="4", layout=layout)
        np.testing.assert_allclose(maps_of(target), brightness(), atol=1e-5)
    assert "option layout is for clips" in refusal("my_models:Mean", layout="list")


def test_bgr_networks_see_blue_first_and_their_own_order_of_means() -> None:
    target = built("my_models:Blue", scale="1", mean="100,0,0", std="255,1,1", channels="bgr", output="probabilities")
    expected = np.clip((clip().frames[..., 2].astype(np.float32) - 100) / 255, 0, 1)
    np.testing.assert_allclose(maps_of(target), expected, atol=1e-5)


def test_a_path_to_a_file_works_from_anywhere_and_sees_its_neighbours(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "my_net.py").write_text("from my_models import Mean\n")
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    target = built(f"{folder / 'my_net.py'}:Mean", **PLAIN)
    np.testing.assert_allclose(maps_of(target), brightness(), atol=1e-5)
    assert "no such file" in refusal("my_net.py:Mean")


def test_a_file_may_be_called_as_a_module_that_is_loaded(folder: Path) -> None:
    (folder / "json.py").write_text("def flat(frames):\n    return frames[..., 0] / 255\n")
    before = sys.modules["json"]
    assert maps_of(built("json.py:flat")).shape == (5, 24, 40)
    assert sys.modules["json"] is before


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("my_models", "names no callable; write torch:module:callable"),
        ("my_modles:Mean", "there is no module 'my_modles'"),
        ("my_models:Meen", "my_models has no 'Meen'; did you mean Mean"),
        ("my_models:Space.net", "my_models has no 'net'; did you mean network?"),
        ("my_models:Wide", "needs width; name a function without arguments that builds it"),
        ("my_models:answer", "is an int; give a torch module"),
        ("my_models:make_nothing", "is a NoneType; give a torch module"),
        ("my_models:make_failing", "() fails with FileNotFoundError: weights.pth"),
        ("my_models:Broken", "fails on 1 frame of 277x411 px: sizes of tensors must match; give the size"),
        ("my_models:Two", "2 classes a pixel, not one map a frame; say which one is the object with option class=1"),
        ("my_models:Classes", "'out' with 2 classes a pixel (they sum to 1: a softmax)"),
    ],
)
def test_what_does_not_work_is_said_in_one_line(argument: str, said: str) -> None:
    assert said in refusal(argument)


def test_failing_imports_name_the_module_and_the_reason(folder: Path) -> None:
    (folder / "my_needy.py").write_text("import a_package_nobody_has\n")
    (folder / "my_exit.py").write_text("raise SystemExit('usage: my_exit FILE')\n")
    (folder / "my_typo.py").write_text("def f(:\n")
    assert "my_needy needs a_package_nobody_has, which is not installed" in refusal("my_needy:f")
    assert "importing my_exit fails with SystemExit: usage: my_exit FILE" in refusal("my_exit:f")
    assert "importing my_typo.py fails with SyntaxError" in refusal("my_typo.py:f")


def test_a_function_that_fails_on_a_clip_is_a_failure_of_that_video(folder: Path) -> None:
    (folder / "my_bad.py").write_text("def f(frames):\n    return frames * float('nan')\n")
    target = built("my_bad:f")
    with pytest.raises(PluginError, match="target 'torch' returned"):
        maps_of(target)


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(UsageError, match="device 'cuda:99' cannot be used"):
        built("my_models:Mean", device="cuda:99")
