"""The executor ``ray``: videos on the machines of a Ray cluster, in actors that build the networks once.

Only Ray Core is used. Paths go in and summaries come out: all machines must see videos and ``-o`` under the same paths.
An actor that dies with its worker or machine is started elsewhere, and the call that it was at is made again: a video
may be worked on twice, which does no harm, for it goes on at its checkpoint and every file is written whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsodboost.data.cards import Card
from vsodboost.data.errors import UsageError
from vsodboost.registry.hookspecs import RegisterExecutor, hookimpl
from vsodboost.registry.interfaces import Request
from vsodboost.registry.options import Options

if TYPE_CHECKING:
    from .ray_actors import RayExecutor


OPTIONS = {
    "address": "of the cluster (auto: the one of this machine); default: one of this machine, for this run",
    "workers": "actors; default: as many as the cluster has room for, at most one a video",
    "cpus": "cores of each (default 1), which it also computes with",
    "gpus": "GPUs of each (default 1 with --device cuda, else 0)",
    "restarts": "how often each may be started again (default 3)",
    "tries": "how often a video is tried again where its actor died (default 3)",
}


def build(request: Request) -> RayExecutor:
    """The executor for one run. Raises UsageError for a wrong option, or where Ray is not installed."""
    from importlib.util import find_spec

    if find_spec("ray") is None:
        raise UsageError("executor 'ray' wants Ray: pip install 'vsodboost[ray]'")
    for name in request.options:
        if name not in OPTIONS:
            raise UsageError(f"executor 'ray' has no option '{name}'; it has {', '.join(OPTIONS)}")
    options = Options(request.options, "--executor-option")
    from .ray_actors import RayExecutor, RaySettings

    return RayExecutor(
        RaySettings(
            address=options.text("address", ""),
            workers=options.whole("workers", 0, least=0),
            cpus=options.whole("cpus", 1),
            gpus=options.whole("gpus", int(request.device.startswith("cuda")), least=0),
            restarts=options.whole("restarts", 3, least=0),
            tries=options.whole("tries", 3, least=0),
        )
    )


@hookimpl
def vsodboost_register_executors(register: RegisterExecutor) -> None:
    register(
        "ray",
        build,
        Card(
            summary="on a Ray cluster: an actor a GPU, or a set of cores",
            options=OPTIONS,
        ),
    )
