"""``flow:DIR``: flow that was computed before, read from files; and a cache for any other estimator.

Files are named after frames: ``DIR/<video>/<frame>.flo`` (or ``.npz``) is the flow from that frame to the next one,
``DIR/<video>/backward/<frame>.flo`` the flow to the one before, ``DIR/<video>/<frame>_<other>.flo`` the flow between
any two. For a single video the folder ``<video>`` may be left out. Flow of any size is scaled to the frames.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vsodboost.data.cards import FlowCard
from vsodboost.data.errors import UsageError
from vsodboost.registry.hookspecs import RegisterFlow, hookimpl
from vsodboost.registry.interfaces import Request

if TYPE_CHECKING:
    from .folder_estimator import FlowFolder


def build(request: Request) -> FlowFolder:
    """The reader for one run; option ``fill`` names the estimator of missing pairs.

    Raises:
        UsageError: DIR is no folder (unless it is to be filled), or ``fill`` names no estimator.
    """
    from .folder_estimator import FlowFolder

    folder = Path(request.argument).expanduser()
    fill = request.options.get("fill")
    if fill is None:
        if not folder.is_dir():
            raise UsageError(f"flow:{request.argument}: no such folder; give one with <video>/<frame>.flo files")
        return FlowFolder(folder)
    if fill.partition(":")[0] == "flow":
        raise UsageError(f"--flow-option fill={fill}: must name an estimator that computes flow, such as dis")
    return FlowFolder(folder, request.build("flows", fill))


@hookimpl
def vsodboost_register_flows(register: RegisterFlow) -> None:
    register(
        "flow",
        build,
        FlowCard(
            summary="flow computed before: DIR/<video>/<frame>.flo or .npz, px, frame to next frame",
            argument="DIR",
            options={"fill": "estimator for pairs without a file; what it computes is written to DIR"},
        ),
    )
