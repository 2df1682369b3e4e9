"""``ptlflow:NAME``: any of the models that the package ptlflow collects (GMA, GMFlow, SEA-RAFT and many more).

ptlflow is an optional extra for an environment of its own: it upgrades torch and OpenCV to what its trainer wants.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsodboost.data.cards import FlowCard
from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.registry.hookspecs import RegisterFlow, hookimpl
from vsodboost.registry.interfaces import Request
from vsodboost.registry.options import Options

from .recipe import OPTIONS, Recipe

if TYPE_CHECKING:
    from torch import Tensor, nn

    from .network_estimator import NetworkEstimator


INSTALL = "pip install 'vsodboost[ptlflow]' in an environment of its own (it changes the versions of torch and OpenCV)"


def run(network: nn.Module, first: Tensor, second: Tensor) -> Tensor:
    """Flow in px, by ptlflow's own calling convention; its models pad to the multiples that they need."""
    import torch

    flow: Tensor = network({"images": torch.stack((first, second), dim=1)})["flows"][:, 0]
    return flow


RECIPE = Recipe(run=run, multiple=8, least=128)  # smaller pictures leave RAFT and its kin with an empty level: NaN


def build(request: Request) -> NetworkEstimator:
    """The estimator for one run.

    Option ``weights`` names a file, or one of the checkpoints that ptlflow fetches (``things``, ``sintel``, …).

    Raises:
        UsageError: no name, an unknown one, or ptlflow is not installed.
        WeightsError: ptlflow cannot load the weights.
    """
    from vsodboost.networks.torchvision_import import ensure_torchvision

    from .network_estimator import NetworkEstimator

    if not request.argument:
        raise UsageError("flow ptlflow: name a model, as in --flow ptlflow:raft_small")
    try:
        ensure_torchvision()  # ptlflow imports timm
        get_model = import_module("ptlflow").get_model
    except ImportError as error:
        raise UsageError(f"flow ptlflow:{request.argument} needs ptlflow ({error}): {INSTALL}") from None
    network = load(get_model, request.argument, request.options.get("weights"))
    return NetworkEstimator(
        network, RECIPE, request.device, Options(request.options, "--flow-option").whole("batch", 0, least=0) or None
    )


def load(get_model: Callable[..., Any], name: str, weights: str | None) -> nn.Module:
    """ptlflow's model ``name`` with ``weights``; without, ptlflow would silently start from random ones."""
    if weights is None:
        raise WeightsError(
            f"flow ptlflow:{name}: no weights chosen; add --flow-option weights=FILE, or the name of one of ptlflow's "
            "checkpoints, such as weights=things, which ptlflow then downloads"
        )
    if Path(weights).suffix and not Path(weights).is_file():
        raise WeightsError(f"{weights}: no such file; give the path of a ptlflow checkpoint or the name of one")
    try:
        network: nn.Module = get_model(name, ckpt_path=weights)
    except (Exception, SystemExit) as error:  # ptlflow has no exceptions of its own
        reason = " ".join(str(error).split())[:500]
        raise WeightsError(f"flow ptlflow:{name}: ptlflow cannot build it with weights={weights}: {reason}") from None
    return network


@hookimpl
def vsodboost_register_flows(register: RegisterFlow) -> None:
    register(
        "ptlflow",
        build,
        FlowCard(
            summary="any model of the ptlflow package (install it in an environment of its own: it upgrades torch)",
            licence="Apache-2.0 (ptlflow); each model and its weights have their own",
            paper="Morimitsu, PyTorch Lightning Optical Flow, 2021",
            argument="NAME",
            options={**OPTIONS, "weights": "checkpoint file, or the name of one that ptlflow fetches; required"},
        ),
    )
