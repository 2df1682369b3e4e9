"""A booster of one's own: learn from the five frames on which motion and the target agree best."""

import sys

import numpy as np

import vsodboost
from vsodboost import Booster, Mined, Scene
from vsodboost.registry.discovery import Registry


class BestFive(Booster):
    """Mines the five most consistent frames of every buffer."""

    def mine(self, scene: Scene) -> Mined:
        """The frames, what to learn of each (the fused maps), and how much each counts."""
        best = np.sort(np.argsort(scene.consistency)[-5:])
        return Mined(best, scene.fused[best], scene.consistency[best].clip(0.05))


class Plugin:
    """What a package's module would be: see vsodboost-plugin-example."""

    @vsodboost.hookimpl
    def vsodboost_register_boosters(self, register):
        """``booster="best-five"``."""
        register(
            "best-five", lambda request: BestFive(), vsodboost.BoosterCard(summary="the five most consistent frames")
        )


registry = Registry.load()
registry.add(Plugin(), "best-five")
result = vsodboost.boost(sys.argv[1], target="lite", booster="best-five", steps=8, registry=registry)
print(f"learned from frames {np.flatnonzero(result.mined)}, trust {result.trust.mean():.3f}")
