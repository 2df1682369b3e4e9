"""``maps:DIR``: anybody's saliency maps as the target; no model is run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import UsageError
from vsodboost.registry.hookspecs import RegisterTarget, hookimpl
from vsodboost.registry.interfaces import Request

if TYPE_CHECKING:
    from vsodboost.data.types import Clip, Maps

CARD = TargetCard(
    summary="a folder of saliency maps, DIR/<video>/<frame>.png, of any size, 8- or 16-bit grey",
    argument="DIR",
    licence="yours",
    batch=100,
)


class MapsTarget:
    """Reads the maps of the frames it is given."""

    def __init__(self, folder: Path) -> None:
        from vsodboost.io.map_folder import MapFolder

        self.maps = MapFolder(folder)

    def predict(self, clip: Clip) -> Maps:
        """Maps ``float32[T, H, W]`` at the clip's size. Raises InputError when one is missing or unreadable."""
        import cv2
        import numpy as np

        height, width = clip.size
        found = []
        for name in clip.names:
            m = self.maps.read(clip.video, name)
            if m.shape != (height, width):
                how = cv2.INTER_AREA if m.shape[0] > height else cv2.INTER_LINEAR
                m = cv2.resize(m, (width, height), interpolation=how).astype(np.float32)
            found.append(m)
        return np.stack(found)


def build(request: Request) -> MapsTarget:
    """The target for one run. Raises UsageError when the folder does not exist."""
    folder = Path(request.argument).expanduser()
    if not folder.is_dir():
        raise UsageError(f"maps:{request.argument} is no folder; give the folder that holds <video>/<frame>.png")
    return MapsTarget(folder)


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    register("maps", build, CARD)
