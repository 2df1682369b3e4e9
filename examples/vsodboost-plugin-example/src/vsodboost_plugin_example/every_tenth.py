"""The booster ``every-tenth``: only ``mine`` is its own, everything else is the standard pipeline."""

from __future__ import annotations

import numpy as np

from vsodboost import Booster, Mined, Scene


class EveryTenth(Booster):
    """Learns from every tenth frame in which something moves, and trusts the fusion network's map."""

    def mine(self, scene: Scene) -> Mined:
        """Choose the frames; what they teach is the fused map."""
        chosen = np.flatnonzero(~scene.static)[::10]
        if len(chosen) == 0:
            return Mined.nothing(scene, reason="nothing moves")
        return Mined(chosen, scene.fused[chosen], np.ones(len(chosen), np.float32))
