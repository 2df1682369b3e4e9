"""``efficientdet:FILE.onnx`` or ``efficientdet:d0`` … ``d7``: the detector of the long-term booster's paper (SEOD).

Tan et al., "EfficientDet: Scalable and Efficient Object Detection", CVPR 2020. An export of
github.com/zylo117/Yet-Another-EfficientDet-Pytorch (regression and classification, before decoding) or of any other
EfficientDet (boxes and scores) runs through onnxruntime. With the package effdet installed (``pip install effdet``, an
optional extra) the sizes d0 to d7 run without an export, from a file of its weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsodboost.data.cards import IMAGENET_MEAN, IMAGENET_STD, DetectorCard
from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.registry.hookspecs import RegisterDetector, hookimpl
from vsodboost.registry.interfaces import Detector, Request
from vsodboost.registry.options import Options

from .feeding import Feeding, Normalisation
from .selection import FLAG, Selection, selection, selection_options

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vsodboost.data.types import Frames, Proposals


SIDES = {"d0": 512, "d1": 640, "d2": 768, "d3": 896, "d4": 1024, "d5": 1280, "d6": 1280, "d7": 1536}
"""Side in px of the picture for each compound coefficient."""
NORMALISATION = Normalisation(IMAGENET_MEAN, IMAGENET_STD)
DEFAULT = Selection(least=0.01, overlap=0.2, most=10)


class EffDet:
    """A model of the package effdet, which returns ``[1, N, 6]``: corners in px of its picture, score, class."""

    def __init__(self, model: Any, side: int, device: str, select: Selection) -> None:
        self._model, self._side, self._device, self._select = model.to(device).eval(), side, device, select

    def detect(self, frames: Frames) -> Sequence[Proposals]:
        """Proposals of each of ``uint8[N, H, W, 3]`` RGB frames, best first."""
        return [self._detect(frame) for frame in frames]

    def _detect(self, frame: NDArray[np.uint8]) -> Proposals:
        import torch

        from .fitting import picture

        pixels, placement = picture(frame, (self._side, self._side), "corner", NORMALISATION)
        with torch.inference_mode():
            batch = torch.from_numpy(pixels).permute(2, 0, 1)[None].to(self._device)
            table = self._model(batch)[0].float().cpu().numpy()
        size = (frame.shape[0], frame.shape[1])
        return self._select(placement.to_frame(table[:, :4]), table[:, 4], size)


def build(request: Request) -> Detector:
    """The detector for one run: by onnxruntime for a file, by effdet for ``d0`` to ``d7``.

    Raises:
        UsageError: neither a file nor a size, a wrong option, or the package needed is missing.
        WeightsError: there are no weights, or they belong to another network.
    """
    options = Options(request.options, FLAG)
    select = selection(options, DEFAULT)
    if request.argument.lower() in SIDES:
        return with_effdet(request.argument.lower(), options.text("weights", None), request.device, select)
    if Path(request.argument).suffix.lower() != ".onnx":
        raise UsageError(f"efficientdet:{request.argument}: give an .onnx file, or one of {', '.join(SIDES)}")
    from .graph_detector import OnnxDetector
    from .onnx_graph import Graph

    graph = Graph(request.argument, request.device)
    size = options.choice("model", tuple(SIDES), "d0")
    feeding = Feeding(size=(SIDES[size], SIDES[size]), fit="corner", normalise=NORMALISATION)
    return OnnxDetector(graph, feeding, select)


def with_effdet(name: str, weights: str | None, device: str, select: Selection) -> EffDet:
    """effdet's ``tf_efficientdet_<name>`` with the weights of a file."""
    if weights is None:
        raise WeightsError(
            f"efficientdet:{name}: no weights; fetch tf_efficientdet_{name}*.pth from the releases of "
            f"https://github.com/rwightman/efficientdet-pytorch (Apache-2.0) and add {FLAG} weights=FILE"
        )
    from vsodboost.networks.torchvision_import import ensure_torchvision
    from vsodboost.weights.matching import fit
    from vsodboost.weights.reading import read_checkpoint

    ensure_torchvision()
    try:
        create: Callable[..., Any] = import_module("effdet").create_model
    except ImportError as error:
        raise UsageError(
            f"efficientdet:{name} needs effdet ({error}): pip install 'vsodboost[effdet]'; or give an .onnx file"
        ) from None
    model = create(f"tf_efficientdet_{name}", bench_task="predict", pretrained=False, pretrained_backbone=False)
    network = model.model
    tensors = read_checkpoint(Path(weights))
    network.load_state_dict(fit(tensors, network.state_dict(), what=f"{weights} is not for 'efficientdet:{name}'"))
    return EffDet(model, SIDES[name], device, select)


@hookimpl
def vsodboost_register_detectors(register: RegisterDetector) -> None:
    register(
        "efficientdet",
        build,
        DetectorCard(
            summary="EfficientDet D0 to D7 from an ONNX export, or by the package effdet; D7 takes seconds a frame",
            paper="Tan et al., CVPR 2020, arXiv:1911.09070",
            argument="FILE.onnx|d0|…|d7",
            options={
                "model": "d0 to d7: size of the picture, for an export that takes any (default d0)",
                "weights": "file with the weights, for d0 to d7 by effdet",
                **selection_options(DEFAULT),
            },
        ),
    )
