"""``torch:module:callable``: a model that lives in the user's own Python code.

``module`` is an importable module (the current folder is looked in too) or the path of a .py file. ``callable`` is a
torch module, a torch module class or a function without arguments that builds one, or a function frames -> maps.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import UsageError, a_type
from vsodboost.registry.hookspecs import RegisterTarget, hookimpl
from vsodboost.registry.interfaces import Request, Resumable, Target

from .card_options import (
    FEEDING,
    READING,
    WINDOWING,
    CardOptions,
    fed_as_usual,
    fed_by,
    reader_for,
    windowed_by,
)

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
        **READING,
        **WINDOWING,
        "layout": "how a clip is given: clip (default) [1,T,3,h,w], batch [T,3,h,w] or list, T of [1,3,h,w]",
        "device": "where this model runs, as cpu or cuda:1 (default: --device)",
    },
)
FOR_NETWORKS = (*FEEDING, *READING, "layout", "device")
LAYOUTS: dict[str, Callable[[Tensor], Any]] = {
    "clip": lambda frames: frames[None],
    "batch": lambda frames: frames,
    "list": lambda frames: [frame[None] for frame in frames],
}
"""Frames ``[T, 3, h, w]`` in the form a network wants."""


class CardedTarget:
    """Any target with a card of its own."""

    def __init__(self, target: Target, card: TargetCard) -> None:
        self._target = target
        self.card = card

    @property
    def notes(self) -> list[str]:
        """What the target has noted, if it notes anything."""
        return list(getattr(self._target, "notes", ()))

    def checkpoint(self) -> dict[str, Any]:
        """What the target remembers, if it says so."""
        return self._target.checkpoint() if isinstance(self._target, Resumable) else {}

    def restore(self, saved: dict[str, Any]) -> None:
        """Have the target remember what ``checkpoint`` gave."""
        if isinstance(self._target, Resumable):
            self._target.restore(saved)

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
    from vsodboost.targets.network_call import NetworkCall, tried
    from vsodboost.targets.network_target import NetworkTarget

    device = resolve_device(options.text("device", request.device))
    card = windowed_by(options, fed_by(options, CARD))
    layout = options.choice("layout", ("clip", "batch", "list")) if card.window > 1 else "batch"
    if "layout" in options and card.window == 1:
        raise UsageError(f"{options.owner}: option layout is for clips; say how long with option window")
    call = NetworkCall(
        reader_for(options, words={"logits": "sigmoid", "probabilities": "none"}),
        LAYOUTS[layout],
        flip=options.choice("channels", ("rgb", "bgr")) == "bgr",
        multiple=options.whole("multiple", 1),
    )
    target = NetworkTarget(network, card, replace(request, device=device), forward=call)
    hint = "" if "size" in options else "; give the size it was made for with option size=HxW"
    return tried(
        target, call, options.owner, may_pad="multiple" not in options, hint=hint, fed_as_usual=fed_as_usual(options)
    )


def _refuse_weights(argument: str, owner: str) -> None:
    """Refuse a file that is no Python code, in words that say what it is and how it can be used."""
    from vsodboost.weights.file_kinds import program_in

    for text in (argument, argument.rpartition(":")[0]):
        path = Path(text).expanduser()
        if not text or path.suffix == ".py" or not path.is_file():
            continue
        if path.suffix == ".onnx":
            raise UsageError(f"{owner}: {path.name} is an ONNX graph; write onnx:{text}")
        loads = "network.load_state_dict(torch.load(FILE, weights_only=True))"
        program = program_in(path)
        if program is not None:
            loads = "torch.jit.load(FILE)" if "Script" in program else "torch.export.load(FILE).module()"
        raise UsageError(
            f"{owner}: {path.name} is {program or 'a file of weights'}, and code is run from Python files only; give a "
            f".py file with a function that builds the network, with {loads}, as torch:FILE.py:FUNCTION"
        )


def _attribute(argument: str, owner: str) -> Any:
    """What ``module:name`` names; a dotted name goes down into classes and objects."""
    _refuse_weights(argument, owner)
    where, _, name = argument.rpartition(":")
    if not where or not name:
        raise UsageError(f"{owner} names no callable; write torch:module:callable, as torch:my_model:Net")
    module = _imported(where, owner)
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            import difflib

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
        return a_type(found)
    return "a function" if inspect.isroutine(found) else a_type(found)


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    """``torch:module:callable``."""
    register("torch", build, CARD)
