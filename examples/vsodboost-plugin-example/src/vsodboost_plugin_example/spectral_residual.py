"""Saliency as what is rare in a picture's Fourier spectrum.

Hou and Zhang, "Saliency Detection: A Spectral Residual Approach", CVPR 2007: natural images share a smooth log
amplitude spectrum; what sticks out of it, turned back into a picture, is where the eye goes.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost import Clip


class SpectralResidual:
    """A target whose frames are independent; ``width`` is the px a frame is scaled to (64 in the paper)."""

    def __init__(self, width: int = 64) -> None:
        self.width = width

    def predict(self, clip: Clip) -> NDArray[np.float32]:
        """Maps ``float32[T, h, w]`` in [0, 1]; vsodboost scales them to the frames."""
        return np.stack([self._map(frame) for frame in clip.frames])

    def _map(self, frame: NDArray[np.uint8]) -> NDArray[np.float32]:
        height = max(8, round(self.width * frame.shape[0] / frame.shape[1]))
        small = cv2.resize(frame, (self.width, height), interpolation=cv2.INTER_AREA)
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
        if grey.std() < 1:  # a flat frame
            return np.zeros_like(grey)
        spectrum = np.fft.fft2(grey)
        amplitude = np.log(np.abs(spectrum) + 1e-6).astype(np.float32)
        residual = amplitude - cv2.blur(amplitude, (3, 3), borderType=cv2.BORDER_REPLICATE)
        picture = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
        smooth = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 2.5)
        low, high = float(smooth.min()), float(smooth.max())
        return (smooth - low) / (high - low)
