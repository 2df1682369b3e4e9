"""``blobs``: proposals without a detector's weights, from the maps that are there anyway.

Connected components of the target's, the spatial model's, the motion saliency and the fused maps, cut at several
levels, scored by how much brighter the map is inside their box than around it. Since salient proposals are only told
from others that are not, each frame also gets a few boxes of its background.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsodboost.data.cards import DetectorCard
from vsodboost.registry.hookspecs import RegisterDetector, hookimpl
from vsodboost.registry.interfaces import Request
from vsodboost.registry.options import Options

if TYPE_CHECKING:
    from .blob_boxes import Blobs


MOST = 10
BACKGROUND = 3


def build(request: Request) -> Blobs:
    """The detector for one run; options ``most`` and ``background``."""
    from .blob_boxes import Blobs

    options = Options(request.options, "--detector-option")
    return Blobs(options.whole("most", MOST), options.whole("background", BACKGROUND, least=0))


@hookimpl
def vsodboost_register_detectors(register: RegisterDetector) -> None:
    register(
        "blobs",
        build,
        DetectorCard(
            summary="components of the maps at hand, no weights, a few ms a frame (default)",
            options={
                "most": f"proposals a frame (default {MOST})",
                "background": f"of them where nothing is salient (default {BACKGROUND})",
            },
        ),
    )
