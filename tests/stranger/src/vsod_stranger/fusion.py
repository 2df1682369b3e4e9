"""A fusion network, if without weights: the map weighed by how unlike the border each pixel looks, and by motion."""

from __future__ import annotations

from typing import Any

import vsodboost


class BorderContrast:
    """Contrast to the border's colour; where there is a map or motion, the mean with it."""

    def predict(self, frames: Any, motion: Any = None, maps: Any = None) -> Any:
        """Maps ``float32[T, h, w]`` in [0, 1] of ``uint8[T, h, w, 3]`` frames."""
        import numpy as np

        pixels = frames.astype(np.float32)
        edge = np.concatenate([pixels[:, 0], pixels[:, -1], pixels[:, :, 0], pixels[:, :, -1]], axis=1)
        seen = [self._stretched(np.linalg.norm(pixels - edge.mean(axis=1)[:, None, None], axis=-1))]
        if motion is not None:
            seen.append(self._stretched(np.linalg.norm(motion, axis=-1)))
        if maps is not None:
            seen.append(maps)
        return np.mean(seen, axis=0, dtype=np.float32)

    def _stretched(self, values: Any) -> Any:
        return values / (values.max(axis=(1, 2), keepdims=True) + 1e-6)


@vsodboost.hookimpl
def vsodboost_register_fusion_networks(register: Any) -> None:
    """``--fusion-network border-contrast``."""
    card = vsodboost.SpatialModelCard("contrast to the border, motion and the map", guidance=True)
    register("border-contrast", lambda request: BorderContrast(), card)
