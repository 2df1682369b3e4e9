"""Write the graphs of our networks anew: ``python -m vsodboost.networks.write_graphs`` (needs vsodboost[export]).

Only a change of a network's structure asks for it; its weights are no part of a graph (see ``graph_runtime``).
"""

from __future__ import annotations

import inspect
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vsodboost.networks.graph_runtime import GRAPHS, LOCATION
from vsodboost.networks.lite import GUIDANCE_CHANNELS, LiteNetwork, Texture
from vsodboost.networks.mqpm import MotionQualityNetwork

SIZE = (96, 128)
"""Of the frames that the networks are traced with; graphs take any."""
_OPSET = 17


class LiteTexture(nn.Module):
    """Frames ``[N, 3, h, w]`` to ``LiteNetwork.texture``."""

    def __init__(self, network: LiteNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, frames: Tensor) -> tuple[Tensor, ...]:
        """The texture, fine and coarse."""
        return tuple(self.network.texture(frames))


class LiteMaps(nn.Module):
    """Texture and guidance ``[N, 4, h, w]`` to maps ``[N, 1, h, w]`` in [0, 1]."""

    def __init__(self, network: LiteNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, fine: Tensor, coarse: Tensor, guidance: Tensor) -> Tensor:
        """As ``LiteNetwork.from_texture``, with the enlargement by a factor, since a traced size would be fixed."""
        last = self.network.merge(self.network.features(Texture(fine, coarse), guidance))
        return torch.sigmoid(_doubled(self.network.head(last)))


class MotionQuality(nn.Module):
    """Motion image ``[N, 3, h, w]`` to maps ``[N, 1, h, w]`` and scores ``[N]``, both in [0, 1]."""

    def __init__(self, network: MotionQualityNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, motion: Tensor) -> tuple[Tensor, Tensor]:
        """As ``TrainedMotion`` reads the network."""
        last = self.network.merge(self.network.encoder(motion))
        logits = self.network.head(last)
        inside = torch.sigmoid(logits)
        bright = (last * inside).sum((2, 3)) / inside.sum((2, 3)).clamp(min=1.0)
        quality = self.network.quality(torch.cat([bright, last.mean((2, 3))], dim=1))
        return torch.sigmoid(_doubled(logits)), torch.sigmoid(quality[:, 1])


def _doubled(maps: Tensor) -> Tensor:
    # Without the detour ONNX Runtime keeps the one channel in blocks of eight, and enlarges all eight.
    plain = maps.squeeze(1).unsqueeze(1)
    return F.interpolate(plain, scale_factor=2.0, mode="bilinear", align_corners=False)


def write_graphs(folder: Path = GRAPHS) -> None:
    """Write ``NAME.onnx``, the structure, and ``NAME.names``, the weights it wants in order, of every graph."""
    lite, mqpm = LiteNetwork().eval(), MotionQualityNetwork().eval()
    for value in (*lite.state_dict().values(), *mqpm.state_dict().values()):
        if value.is_floating_point():  # tensors that are alike would become one in the graph
            value.uniform_(0.5, 1)
    frames = torch.randn(1, 3, *SIZE)
    texture = lite.texture(frames)
    guidance = torch.randn(1, GUIDANCE_CHANNELS, *SIZE)
    _write(LiteTexture(lite), (frames,), ("frames",), ("fine", "coarse"), folder / "lite-texture.onnx")
    _write(LiteMaps(lite), (*texture, guidance), ("fine", "coarse", "guidance"), ("maps",), folder / "lite-maps.onnx")
    _write(MotionQuality(mqpm), (frames,), ("motion",), ("maps", "score"), folder / "mqpm.onnx")


def _write(
    module: nn.Module, given: tuple[Tensor, ...], inputs: tuple[str, ...], outputs: tuple[str, ...], path: Path
) -> None:
    import onnx

    free = {name: {0: "N", 2: f"{name}_h", 3: f"{name}_w"} for name in (*inputs, *outputs) if name != "score"}
    # torch's newer exporter needs onnxscript; the older one does all that these networks need.
    older: dict[str, Any] = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecation of the older exporter
        torch.onnx.export(
            module.eval(), given, str(path), input_names=list(inputs), output_names=list(outputs),
            dynamic_axes={**free, "score": {0: "N"}} if "score" in outputs else free, opset_version=_OPSET,
            do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE, **older,
        )  # fmt: skip
    model = onnx.load(str(path))
    _with_padding_inside(model)
    names = _without_weights(model, set(module.state_dict()))
    path.write_bytes(model.SerializeToString())
    path.with_suffix(".names").write_text("\n".join(names) + "\n", encoding="ascii")


def _with_padding_inside(model: Any) -> None:
    """Make the padding before a convolution a part of it, by the amounts that TensorFlow's "same" has for frames with
    sides that are multiples of 32. Between the two ONNX Runtime would bring the values into another order and back,
    which takes longer than the convolution."""
    made = {name: node for node in model.graph.node for name in node.output}
    for node in model.graph.node:
        before = made.get(node.input[0]) if node.op_type == "Conv" else None
        if before is None or before.op_type != "Pad":
            continue
        given = {attribute.name: attribute.ints for attribute in node.attribute}
        least = [kernel - stride for kernel, stride in zip(given["kernel_shape"], given["strides"], strict=True)]
        given["pads"][:] = [*(pad // 2 for pad in least), *(pad - pad // 2 for pad in least)]
        node.input[0] = before.input[0]
    wanted = {output.name for output in model.graph.output}
    for node in reversed(list(model.graph.node)):  # what worked the amounts out leads nowhere now
        if wanted.isdisjoint(node.output):
            model.graph.node.remove(node)
        else:
            wanted.update(node.input)


def _without_weights(model: Any, state: set[str]) -> list[str]:
    """Take the weights out of a graph, which then looks for them elsewhere; return their names in the network."""
    import onnx

    called = {}
    for tensor in model.graph.initializer:
        if tensor.name not in state:
            continue
        called[tensor.name] = tensor.name.removeprefix("network.")
        tensor.name = called[tensor.name]
        length = len(tensor.raw_data)
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", LOCATION), ("offset", "0"), ("length", str(length))):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, value
    for node in model.graph.node:
        for i, name in enumerate(node.input):
            node.input[i] = called.get(name, name)
        node.ClearField("doc_string")
    return list(called.values())


if __name__ == "__main__":
    write_graphs()
