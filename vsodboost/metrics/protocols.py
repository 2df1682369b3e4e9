"""The two ways in which the literature turns files into figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vsodboost.data.errors import UsageError
from vsodboost.metrics.frame_pair import stretched, unit_map

T = TypeVar("T")


@dataclass(frozen=True)
class Protocol:
    """What is scored, and how it is averaged. Both protocols average over frames, then over sequences.

    Grey figures (F, S, E, weighted F, MAE) always see the map stretched to [0, 1] by its own minimum and maximum, as
    the DAVSOD toolbox and PySODMetrics do.
    """

    name: str
    skip_ends: bool
    """Leave out the first and last truth frame of each sequence, for which flow-based methods have no map."""
    resize: Literal["bilinear", "bicubic"]
    """How a map of another size is brought to the truth's."""
    stretch_masks: bool
    """Binarise the stretched map for J and F; otherwise the map as it was written."""
    max_of_mean_curve: bool
    """maxF and maxE of the mean row are the maximum of the curve averaged over sequences, not the mean of maxima."""

    def scored(self, frames: Sequence[T], step: int = 1) -> Sequence[T]:
        """The frames of one sequence that are scored: every ``step``-th of those left."""
        return (frames[1:-1] if self.skip_ends else frames)[::step]

    def resized(self, saliency: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
        """A map (``uint8`` or ``uint16``) at the truth's ``size`` (H, W), in the same whole numbers."""
        if saliency.shape == size:
            return saliency
        return _bicubic(saliency, size) if self.resize == "bicubic" else _bilinear(saliency, size)

    def prepared(
        self, saliency: NDArray[Any], size: tuple[int, int]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """A map (``uint8`` or ``uint16``) at the truth's ``size`` (H, W): for the grey figures, and for the masks."""
        written = unit_map(self.resized(saliency, size))
        grey = stretched(written)
        return grey, grey if self.stretch_masks else written


ALL = Protocol("all", skip_ends=False, resize="bilinear", stretch_masks=False, max_of_mean_curve=False)
"""Every frame; PySODMetrics' figures a sequence, then their mean."""
DAVSOD = Protocol("davsod", skip_ends=True, resize="bicubic", stretch_masks=True, max_of_mean_curve=True)
"""EvaluateTool/main.m of DAVSOD (Fan et al., CVPR 2019), by which the VSOD literature reports."""
PROTOCOLS = {protocol.name: protocol for protocol in (ALL, DAVSOD)}


def protocol_named(name: str) -> Protocol:
    """The protocol of that name.

    Raises:
        UsageError: there is none.
    """
    try:
        return PROTOCOLS[name]
    except KeyError:
        raise UsageError(f"no protocol {name!r}; there are {' and '.join(PROTOCOLS)}") from None


def _bilinear(saliency: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    return np.asarray(cv2.resize(saliency, size[::-1], interpolation=cv2.INTER_LINEAR))


def _bicubic(saliency: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """Matlab's ``imresize``: Keys' kernel with a = -.5, antialiased when it shrinks, rounded to the map's integers."""
    image = Image.fromarray(saliency.astype(np.float32))
    resized = np.asarray(image.resize(size[::-1], Image.Resampling.BICUBIC))
    limit = np.iinfo(saliency.dtype).max
    rounded: NDArray[Any] = np.clip(np.rint(resized), 0, limit).astype(saliency.dtype)
    return rounded
