"""``torchvision:NAME``: the detectors that torchvision brings (Faster R-CNN, RetinaNet, FCOS, SSD …).

Where torchvision's compiled operators are missing (its PyPI wheel beside a CPU torch) suppression is done by our own
NMS and RoIAlign by torchvision's Python version of it, so the models run there too, only slower.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsodboost.data.cards import DetectorCard
from vsodboost.data.errors import PluginError, UsageError, WeightsError
from vsodboost.registry.hookspecs import RegisterDetector, hookimpl
from vsodboost.registry.interfaces import Request
from vsodboost.registry.options import Options

from .selection import FLAG, Selection, selection, selection_options

if TYPE_CHECKING:
    import torch

    from vsodboost.data.types import Frames, Proposals


DEFAULT = Selection(least=0.05, overlap=0.5, most=10)
COCO_CLASSES = 91


class TorchvisionDetector:
    """A torchvision detection model; it resizes and normalises frames itself."""

    def __init__(self, name: str, model: Any, device: str, select: Selection) -> None:
        self._name, self._model, self._device, self._select = name, model.to(device).eval(), device, select

    def detect(self, frames: Frames) -> Sequence[Proposals]:
        """Proposals of each of ``uint8[N, H, W, 3]`` RGB frames, best first."""
        import numpy as np
        import torch

        proposals = []
        for frame in frames:
            picture = torch.from_numpy(np.ascontiguousarray(frame.transpose(2, 0, 1))).to(self._device).float() / 255
            try:
                with torch.inference_mode(), python_operators():
                    (found,) = self._model([picture])
            except (RuntimeError, NotImplementedError) as error:
                reason = " ".join(str(error).split())[:500]
                raise PluginError(f"torchvision:{self._name} cannot run with this torchvision: {reason}") from None
            boxes, scores = (found[key].float().cpu().numpy() for key in ("boxes", "scores"))
            proposals.append(self._select(boxes, scores, (frame.shape[0], frame.shape[1])))
        return proposals


@contextmanager
def python_operators() -> Iterator[None]:
    """Inside, torchvision's NMS is ours and nothing is compiled, where its own operators are missing."""
    from torchvision import extension
    from torchvision.ops import boxes as operators

    if extension._has_ops():
        yield
        return
    import numpy as np
    import torch

    from vsodboost.ops.boxes import non_maximum_suppression

    def nms(boxes: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> torch.Tensor:
        kept = non_maximum_suppression(boxes.float().cpu().numpy(), scores.float().cpu().numpy(), iou_threshold)
        return torch.from_numpy(kept.astype(np.int64)).to(boxes.device)

    published = operators.nms
    operators.nms = nms
    try:
        eager = getattr(torch.compiler, "set_stance", lambda _: nullcontext())  # torch 2.6 and later
        with eager("force_eager"):  # RoIAlign would otherwise be compiled, for minutes
            yield
    finally:
        operators.nms = published


def build(request: Request) -> TorchvisionDetector:
    """The detector for one run.

    Raises:
        UsageError: torchvision has no detector of that name, or an option is wrong.
        WeightsError: no weights were given (the message says where they are), or they belong to another network.
    """
    from vsodboost.networks.torchvision_import import ensure_torchvision
    from vsodboost.weights.matching import fit
    from vsodboost.weights.reading import read_checkpoint

    ensure_torchvision()
    from torchvision.models import detection, get_model, get_model_weights, list_models

    options, name = Options(request.options, FLAG), request.argument
    if name not in (known := list_models(detection)):
        raise UsageError(f"torchvision:{name}: no such detector; torchvision has {', '.join(known)}")
    select, classes = selection(options, DEFAULT), options.whole("classes", COCO_CLASSES, least=2)
    file = options.text("weights", None)
    if file is None:
        address = get_model_weights(name).DEFAULT.url
        raise WeightsError(f"torchvision:{name}: no weights; fetch {address} and add {FLAG} weights=FILE")
    threshold = "box_score_thresh" if "rcnn" in name else "score_thresh"
    model = get_model(name, weights=None, weights_backbone=None, num_classes=classes, **{threshold: select.least})
    tensors = read_checkpoint(Path(file))
    model.load_state_dict(fit(tensors, model.state_dict(), what=f"{file} is not for 'torchvision:{name}'"))
    return TorchvisionDetector(name, model, request.device, select)


@hookimpl
def vsodboost_register_detectors(register: RegisterDetector) -> None:
    register(
        "torchvision",
        build,
        DetectorCard(
            summary="a detector of torchvision: Faster R-CNN, RetinaNet, FCOS, SSD and others, from a weights file",
            licence="BSD-3-Clause (torchvision); weights trained on COCO",
            argument="NAME",
            options={
                "weights": "file with the weights (required)",
                "classes": f"classes the weights were trained for, background included (default {COCO_CLASSES}, COCO)",
                **selection_options(DEFAULT),
            },
        ),
    )
