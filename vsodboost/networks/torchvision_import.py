"""Make ``import timm`` work beside torch's CPU build.

torchvision's PyPI wheel is built for CUDA; next to a CPU torch its compiled operators do not load and
``import torchvision`` (hence ``import timm``) dies with "operator torchvision::nms does not exist". Declaring the
schemas of the two operators is enough for the Python parts; ``torchvision.ops.nms`` itself still does not run.
"""

from __future__ import annotations

import sys
from typing import Any

_library: Any = None  # torch.library.Library: the schemas vanish with it, so it lives as long as the process


def ensure_torchvision() -> None:
    """Import torchvision, curing that very failure and no other; does nothing when torchvision works."""
    global _library  # noqa: PLW0603 - one a process
    try:
        import torchvision
    except RuntimeError as error:
        if "operator torchvision::" not in str(error) or _library is not None:
            raise
        import torch

        for name in [n for n in sys.modules if n == "torchvision" or n.startswith("torchvision.")]:
            del sys.modules[name]
        _library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
        for op in ("nms", "qnms"):
            _library.define(f"{op}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision  # noqa: F401
