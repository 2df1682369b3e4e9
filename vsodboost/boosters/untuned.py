"""The booster ``none``: nothing is learned of the video, so the result is the untuned networks' and the decision's."""

from __future__ import annotations

from vsodboost.data.scene import Mined, Scene
from vsodboost.registry.booster import Booster
from vsodboost.registry.interfaces import Request


class Untuned(Booster):
    """Mines no frame; the engine then takes the fusion network's maps for the boosted ones."""

    def mine(self, scene: Scene) -> Mined:
        """No frame."""
        return Mined.nothing(scene, reason="nothing is to be learned")


def build(request: Request) -> Untuned:
    """The booster for one run."""
    return Untuned()
