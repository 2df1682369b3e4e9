"""The booster ``none``: nothing is learned of the video, so the result is the untuned networks' and the decision's."""

from __future__ import annotations

from dataclasses import replace

from vsodboost.data.decision import Decision
from vsodboost.data.scene import Mined, Scene
from vsodboost.data.types import Maps
from vsodboost.registry.booster import Booster
from vsodboost.registry.interfaces import Request


class Untuned(Booster):
    """Mines no frame; the engine then takes the fusion network's maps for the boosted ones."""

    def mine(self, scene: Scene) -> Mined:
        """No frame."""
        return Mined.nothing(scene, reason="nothing is to be learned")

    def decide(self, scene: Scene, boosted: Maps, decision: Decision) -> Decision:
        """The decision as it stands, but that nothing was learned is no flag: it was not to be."""
        return replace(decision, flags=tuple("" if flag == "untuned" else flag for flag in decision.flags))


def build(request: Request) -> Untuned:
    """The booster for one run."""
    return Untuned()
