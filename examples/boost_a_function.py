"""Boost a function: here, how far a pixel's colour is from the frame's mean colour."""

import sys

import numpy as np

import vsodboost


def unusual_colour(frames: np.ndarray) -> np.ndarray:
    """``uint8[T, H, W, 3]`` -> maps ``[T, H, W]`` in [0, 1]."""
    distance = np.abs(frames - frames.mean(axis=(1, 2), keepdims=True)).sum(axis=-1)
    return distance / distance.max(axis=(1, 2), keepdims=True).clip(1e-6)


result = vsodboost.boost(sys.argv[1], target=unusual_colour)
trust = f"trust {result.target_trust.mean():.3f} -> {result.trust.mean():.3f}"
print(f"{len(result)} frames, {result.mined.sum()} mined, {trust}")
