"""``torch:module:callable``: a model that lives in the user's own Python code.

``module`` is an importable module (the current folder is looked in too) or the path of a .py file. ``callable`` is a
torch module, a torch module class or a function without arguments that builds one, or a function frames -> maps.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import UsageError
from vsodboost.registry.hookspecs import RegisterTarget, hookimpl
from vsodboost.registry.interfaces import Request, Target

from .card_options import FEEDING, WINDOWING, CardOptions, fed_by, windowed_by
from .output_probe import tried

if TYPE_CHECKING:
    from torch import Tensor, nn

    from vsodboost.data.types import Clip, Maps
    from vsodboost.targets.network_target import NetworkTarget

CARD = TargetCard(
    summary="your own Python code: a torch module, a function that builds one, or a function frames -> maps",
    argument="module:callable",
    licence="yours",
    options={
        **FEEDING,
        **WINDOWING,
        "layout": "how a clip is given: clip (default) [1,T,3,h,w], batch [T,3,h,w] or list, T of [1,3,h,w]",
        "output": "logits or probabilities (default: told by a trial call)",
        "device": "where this model runs, as cpu or cuda:1 (default: --device)",
    },
)
FOR_NETWORKS = (*FEEDING, "layout", "output", "device")


class CardedTarget:
    """Any target with a card of its own."""

    def __init__(self, target: Target, card: TargetCard) -> None:
        self._target = target
        self.card = card

    def predict(self, clip: Clip) -> Maps:
        """What the target says of the clip."""
        return self._target.predict(clip)


def build(request: Request) -> Target:
    """The target for one run; it brings its own card, made of the options.

    Raises:
        UsageError: the module cannot be imported, has no such attribute, or that is no model.
    """
    from torch import nn

    from vsodboost.targets.network_target import CallableTarget

    owner = f"torch:{request.argument}"
    options = CardOptions(request.options, owner)
    found = _called(_attribute(request.argument, owner), owner)
    if isinstance(found, nn.Module):
        return _network_target(found, request, options)
    if unused := [name for name in FOR_NETWORKS if name in options]:
        raise UsageError(
            f"{owner}: option {unused[0]} is for torch modules; {_kind(found)} gets the frames as they are"
        )
    if isinstance(found, Target):
        own = getattr(found, "card", None)
        return CardedTarget(found, windowed_by(options, own if isinstance(own, TargetCard) else CARD))
    if callable(found):
        return CardedTarget(CallableTarget(found), windowed_by(options, CARD))
    raise UsageError(f"{owner} is {_kind(found)}; give a torch module, a function that builds one, or frames -> maps")


def _network_target(network: nn.Module, request: Request, options: CardOptions) -> NetworkTarget:
    from vsodboost.registry.device import resolve_device
    from vsodboost.targets.network_target import NetworkTarget

    class Flipped(NetworkTarget):
        """A network that was trained on BGR frames."""

        def saliency(self, frames: Tensor, flow: Tensor | None = None) -> Tensor:
            """As ``NetworkTarget.saliency``, of frames that are still RGB."""
            return super().saliency(frames.flip(1), flow)

    device = resolve_device(options.text("device", request.device))
    card = windowed_by(options, fed_by(options, CARD))
    layout: Any = options.choice("layout", ("clip", "batch", "list")) if card.window > 1 else "batch"
    if "layout" in options and card.window == 1:
        raise UsageError(f"{options.owner}: option layout is for clips; say how long with option window")
    flip = options.choice("channels", ("rgb", "bgr")) == "bgr"
    activation = {"": "auto", "logits": "sigmoid", "probabilities": "none"}[
        options.choice("output", ("", "logits", "probabilities"))
    ]
    target = Flipped if flip else NetworkTarget
    return tried(
        target(
            network,
            card,
            replace(request, device=device),
            select=_clip_maps if card.window > 1 else _first_tensor,
            layout=layout,
        ),
        options.owner,
        activation=activation,
    )


def _first_tensor(output: Any) -> Any:
    """The first tensor of an output that may be a tuple, a list or a dictionary of tensors."""
    while isinstance(output, (tuple, list, dict)) and output:
        output = next(iter(output.values())) if isinstance(output, dict) else output[0]
    return output


def _clip_maps(output: Any) -> Any:
    """As ``_first_tensor``; a clip's ``[1,T,1,h,w]``, ``[1,1,T,h,w]`` or ``[1,T,h,w]`` become T maps."""
    found = _first_tensor(output)
    shape: Any = getattr(found, "shape", ())
    is_clip = (len(shape) == 5 and 1 in (shape[1], shape[2])) or (len(shape) == 4 and shape[0] == 1)
    return found.reshape(-1, 1, *shape[-2:]) if is_clip else found


def _attribute(argument: str, owner: str) -> Any:
    """What ``module:name`` names; a dotted name goes down into classes and objects."""
    where, _, name = argument.rpartition(":")
    if not where or not name:
        raise UsageError(f"{owner} names no callable; write torch:module:callable, as torch:my_model:Net")
    module = _imported(where, owner)
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            near = difflib.get_close_matches(part, [n for n in dir(found) if not n.startswith("_")], n=3, cutoff=0.5)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise UsageError(f"{owner}: {where} has no '{part}'{hint}")
        found = getattr(found, part)
    return found


def _imported(where: str, owner: str) -> ModuleType:
    try:
        if where.endswith(".py"):
            return _from_file(Path(where).expanduser(), owner)
        with_current_folder = str(Path.cwd())
        if with_current_folder not in sys.path:
            sys.path.insert(0, with_current_folder)
        importlib.invalidate_caches()
        return importlib.import_module(where)
    except UsageError:
        raise
    except ModuleNotFoundError as error:
        if error.name and (where == error.name or where.startswith(f"{error.name}.")):
            reason = f"there is no module '{where}', neither in {Path.cwd()} nor installed"
        else:
            reason = f"{where} needs {error.name}, which is not installed"
        raise UsageError(f"{owner}: {reason}") from error
    except (Exception, SystemExit) as error:  # whatever a stranger's import raises
        said = " ".join(str(error).split())[:300]
        raise UsageError(f"{owner}: importing {where} fails with {type(error).__name__}: {said}") from error


def _from_file(path: Path, owner: str) -> ModuleType:
    """The module in a file, with the files beside it importable, as when Python runs it."""
    if not path.is_file():
        raise UsageError(f"{owner}: no such file: {path}")
    path = path.resolve()
    known = sys.modules.get(path.stem)
    if known is not None and getattr(known, "__file__", None) == str(path):
        return known
    name = path.stem if known is None else f"vsodboost_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _called(found: Any, owner: str) -> Any:
    """``found``, or what it builds if it is a class or a function that takes no argument.

    Raises:
        UsageError: it fails, or is a class that needs arguments.
    """
    from torch import nn

    if isinstance(found, nn.Module) or not callable(found):
        return found
    needed = _needed_arguments(found)
    if needed and not inspect.isclass(found):
        return found
    if needed:
        raise UsageError(f"{owner} needs {', '.join(needed)}; name a function without arguments that builds it")
    if needed is None:
        return found
    try:
        return found()
    except Exception as error:  # whatever a stranger's constructor raises
        reason = " ".join(str(error).split())[:300]
        raise UsageError(f"{owner}() fails with {type(error).__name__}: {reason}") from error


def _needed_arguments(function: Any) -> list[str] | None:
    """Names of the arguments a call cannot do without; None when Python cannot tell."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind not in variable]


def _kind(found: Any) -> str:
    if isinstance(found, Target):
        return f"a {type(found).__name__}"
    return "a function" if inspect.isroutine(found) else f"a {type(found).__name__}"


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    """``torch:module:callable``."""
    register("torch", build, CARD)
