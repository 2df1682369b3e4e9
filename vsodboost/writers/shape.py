"""What writers that cut the object out take for it: the soft map as it is, or a mask of yes and no."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import UsageError
from vsodboost.ops.foreground import Estimate, blur_fusion, by_pymatting, foreground
from vsodboost.ops.hard_mask import Hardening, hard_mask, soft_edge
from vsodboost.registry.interfaces import Request
from vsodboost.writers.maps import map_to_uint8

ON, OFF = ("on", "yes", "true", "1"), ("off", "no", "false", "0")


@dataclass(frozen=True)
class Shape:
    """``hardening`` is how masks are made; ``hard``: whether a cutout's alpha is one, too. ``estimate`` finds the
    colours of edges (None: they stay as they are)."""

    hardening: Hardening
    hard: bool
    estimate: Estimate | None = blur_fusion

    @classmethod
    def of(cls, request: Request) -> Shape:
        """Read a writer's options (``SHAPE_OPTIONS``).

        Raises:
            UsageError: a value is not what the option takes.
        """
        solid, thin = (switch(request, name, False) for name in ("solid", "keep-thin"))
        largest = _count(request.options.get("largest"))
        hard = solid or thin or largest is not None
        return cls(Hardening(clean=hard, largest=largest, keep_thin=thin), hard, _estimate(request))

    @property
    def in_turn(self) -> bool:
        """Whether one thread at a time may cut out: pymatting, which has threads of its own, ends the process when two
        call it."""
        return self.estimate not in (None, blur_fusion)

    def mask(self, saliency: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return the object as ``bool[H, W]``."""
        return hard_mask(saliency, self.hardening)

    def alpha(self, saliency: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return how much each pixel belongs to the object, ``uint8[H, W]``: the map, or the mask with a soft edge."""
        return map_to_uint8(soft_edge(self.mask(saliency)) if self.hard else saliency)

    def cut_out(self, image: NDArray[np.uint8], saliency: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return the object of ``image uint8[H, W, 3]`` as ``uint8[H, W, 4]``, RGB with straight alpha."""
        alpha = self.alpha(saliency)
        cut = cv2.cvtColor(foreground(image, alpha, self.estimate), cv2.COLOR_RGB2RGBA)
        cut[..., 3] = alpha
        return np.asarray(cut, np.uint8)


def switch(request: Request, name: str, default: bool) -> bool:
    """Return an option that is on or off. Raises UsageError for anything else."""
    value = request.options.get(name, "on" if default else "off").lower()
    if value not in (*ON, *OFF):
        raise UsageError(f"{name}={value} is neither on nor off")
    return value in ON


def _count(value: str | None) -> int | None:
    if value is None:
        return None
    if not value.isdecimal() or int(value) < 1:
        raise UsageError(f"largest={value} is no number of parts; give 1 or more")
    return int(value)


def _estimate(request: Request) -> Estimate | None:
    match request.options.get("foreground", "fast"):
        case "fast":
            return blur_fusion
        case "pymatting":
            return by_pymatting()
        case "off":
            return None
        case other:
            raise UsageError(f"foreground={other}: there are fast, pymatting and off")
