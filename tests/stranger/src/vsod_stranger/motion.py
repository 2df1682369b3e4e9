"""A motion model: what is fast is salient, and motion is good where fast and slow are far apart."""

from __future__ import annotations

from typing import Any

import vsodboost


class Speed:
    """Motion saliency by speed alone."""

    def predict(self, motion: Any) -> tuple[Any, Any]:
        """Saliency ``float32[T, h, w]`` and quality ``float32[T]`` of object motion ``float32[T, h, w, 2]`` px."""
        import numpy as np

        speed = np.linalg.norm(motion, axis=-1)
        top = np.quantile(speed, 0.95, axis=(1, 2), keepdims=True) + 1e-6
        saliency = np.clip(speed / top, 0, 1).astype(np.float32)
        return saliency, (1 - saliency.mean(axis=(1, 2))).astype(np.float32)


@vsodboost.hookimpl
def vsodboost_register_motion_models(register: Any) -> None:
    """``--motion speed``."""
    register("speed", lambda request: Speed(), vsodboost.Card("what is fast"))
