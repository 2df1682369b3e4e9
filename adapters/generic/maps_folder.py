"""``maps:DIR``: anybody's saliency maps as the target; no model is run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import InputError, UsageError
from vsodboost.registry.hookspecs import RegisterTarget, hookimpl
from vsodboost.registry.interfaces import Request
from vsodboost.registry.options import Options

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vsodboost.data.types import Clip, Frames, Maps
    from vsodboost.data.video import VideoSource
    from vsodboost.io.missing_maps import Policy

CARD = TargetCard(
    summary="a folder of saliency maps, DIR/<video>/<frame>.png, of any size and kind (docs/inputs.md)",
    argument="DIR",
    licence="yours",
    batch=100,
    options={
        "missing": "frames without a map: auto (default) leaves them to the student where every N-th frame has one or "
        "at most a fifth has none, and refuses more; fill always leaves them, fail never",
        "invert": "on where the maps show the object dark on a bright ground (default off)",
    },
)
COMPARED = 10
"""Every so many frames it is made sure that the map is not the frame itself."""


class MapsTarget:
    """Reads the maps of the frames it is given, turned round if ``inverted``.

    ``notes`` are what the user should know of those of the last video.
    """

    def __init__(self, folder: Path, missing: Policy = "auto", *, inverted: bool = False) -> None:
        from vsodboost.io.map_folder import MapFolder
        from vsodboost.io.missing_maps import MissingMaps

        self.maps = MapFolder(folder)
        self.inverted = inverted
        self._video = ""
        self._proportions: list[str] = []
        self._missing = MissingMaps(missing)

    @property
    def notes(self) -> list[str]:
        """How the maps of the last video were matched, read and fitted, where that is not obvious."""
        return self.maps.notes(self._video) + self._proportions + self._missing.notes

    def check(self, source: VideoSource) -> list[str]:
        """Return what is odd about the maps of a video. Raises InputError when too many frames have none, or one is no
        image."""
        from vsodboost.io.map_check import check_maps

        return check_maps(self.maps, source, self._missing)

    def missing(self, clip: Clip) -> NDArray[np.bool_]:
        """Mark the frames of a clip that have no map, ``bool[T]``; their maps are empty. Raises InputError when they
        are too many."""
        return ~self._missing.seen(clip.first, clip.names, self.maps.available(clip.video, clip.names), clip.video)

    def checkpoint(self) -> dict[str, Any]:
        """Return which frames of the video had maps, and what was noted of these."""
        return {"video": self._video, "proportions": list(self._proportions), "missing": self._missing.checkpoint()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Remember what ``checkpoint`` gave."""
        self._video, self._proportions = saved["video"], list(saved["proportions"])
        self._missing.restore(saved["missing"])

    def predict(self, clip: Clip) -> Maps:
        """Return maps ``float32[T, H, W]`` at the clip's size. Raises InputError when one is missing or unreadable, or
        is no map of its frame: turned, or the frame itself."""
        import cv2
        import numpy as np

        from vsodboost.io.proportions import check_proportions

        if clip.video != self._video:
            self._video, self._proportions = clip.video, []
        height, width = clip.size
        found = np.zeros((len(clip), *clip.size), np.float32)
        for t, name in enumerate(clip.names):
            if self.maps.file(clip.video, name) is None:
                continue  # ``missing`` says so
            m = self.maps.read(clip.video, name)
            if (clip.first + t) % COMPARED == 0:
                self._check(name, m, clip.frames[t])
            if m.shape != (height, width):
                note = check_proportions((m.shape[0], m.shape[1]), clip.size, f"the map of frame {name}")
                self._proportions += [note] if note and not self._proportions else []
                how = cv2.INTER_AREA if m.shape[0] > height else cv2.INTER_LINEAR
                m = cv2.resize(m, (width, height), interpolation=how).astype(np.float32)
            found[t] = 1 - m if self.inverted else m
        return found

    def _check(self, name: str, saliency: Maps, frame: Frames) -> None:
        import numpy as np

        from vsodboost.io.frame_copies import is_frame

        grey = np.rint(saliency * 255).astype(np.uint8)
        if len(np.unique(grey)) > 16 and is_frame(grey, frame):
            raise InputError(f"the map of frame {name} in {self.maps.root} is the frame itself; give the maps' folder")


def build(request: Request) -> MapsTarget:
    """The target for one run. Raises UsageError when the folder does not exist."""
    folder = Path(request.argument).expanduser()
    if not folder.is_dir():
        raise UsageError(f"maps:{request.argument} is no folder; give the folder that holds <video>/<frame>.png")
    options = Options(request.options, "--target-option")
    missing = options.choice("missing", ("auto", "fill", "fail"))
    return MapsTarget(folder, missing, inverted=options.switch("invert"))  # type: ignore[arg-type]


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    register("maps", build, CARD)
