"""Textured frames and known shifts of them, for tests of motion."""

import cv2
import numpy as np
from numpy.typing import NDArray


def pattern(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Smooth random colours ``uint8[H, W, 3]`` with detail at several scales."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3), np.float32)
    for cell in (32, 12, 5):
        coarse = rng.random((height // cell + 2, width // cell + 2, 3)).astype(np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return (np.clip(total / 3, 0, 1) * 255).astype(np.uint8)


def shifted_pair(
    height: int, width: int, dx: int, dy: int, seed: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Two frames ``uint8[1, H, W, 3]`` cut from one picture so that the flow is (dx, dy) px everywhere."""
    margin = max(abs(dx), abs(dy))
    picture = pattern(height + 2 * margin, width + 2 * margin, seed)
    first = picture[margin : margin + height, margin : margin + width]
    second = picture[margin - dy : margin - dy + height, margin - dx : margin - dx + width]
    return first[None].copy(), second[None].copy()
