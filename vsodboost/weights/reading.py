"""Read checkpoint files as people find them, never running what is in them.

A file is told apart by its first bytes, not by its name. Torch files are read with ``weights_only=True``, whatever
they hold; everything that goes wrong becomes one line that names the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from vsodboost.data.errors import WeightsError, a_type
from vsodboost.weights.file_kinds import kind_of
from vsodboost.weights.inert_loading import InertObject, NumPyObject, load_inert

Reader = Callable[[Path], Mapping[str, Tensor]]

WRAPPERS = (
    "state_dict", "model_state_dict", "model_state", "model", "net", "network", "net_state_dict", "params", "weights",
)  # fmt: skip
"""Keys under which training scripts put the parameters, next to optimiser state and epoch numbers."""
_COMPILED = re.compile(r"(?<![^.])(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|_forward_module)\.(?=.)")
"""Parts of names that torch.compile, FSDP, activation checkpoints and Lightning Fabric put in, at any depth."""
_PARTS, _UNNAMED = "*", 20


@dataclass(frozen=True)
class Found:
    """Named ``tensors`` found in a file.

    ``where`` are the keys that lead there, joined by dots ("" is the top; a last "*" stands for several keys, whose
    tensors are parts of one network and have them in their names).
    """

    where: str
    tensors: dict[str, Tensor]

    @property
    def is_average(self) -> bool:
        """Whether they are an average over training steps, by the name: what authors test with where they keep one."""
        return "ema" in re.split(r"[._]", self.where.lower())

    @property
    def rank(self) -> int:
        """How surely these are the parameters, by the name; less is surer."""
        last = self.where.rpartition(".")[2]
        if self.is_average or not self.where:
            return 0
        if last == _PARTS:
            return _UNNAMED + 1
        return 1 + WRAPPERS.index(last) if last in WRAPPERS else _UNNAMED


def read_checkpoint(path: Path, reader: Reader | None = None) -> dict[str, Tensor]:
    """All parameters of a checkpoint, by name and on the CPU, wrapper and ``module.`` prefixes taken off.

    Understands torch files (zip and the format before torch 1.6) that are flat or wrapped (``WRAPPERS``, averages of
    training steps), and safetensors; a file of any other kind goes to ``reader``, where there is one.

    Raises:
        WeightsError: the file is missing, damaged, unsafe, no checkpoint, or holds several networks.
    """
    found = candidates(path, reader)
    rivals = [other for other in found[1:] if found[0].rank == _UNNAMED == other.rank]
    if any(len(other.tensors) * 2 > len(found[0].tensors) for other in rivals):
        named = ", ".join(f"'{each.where}'" for each in (found[0], *rivals))
        raise WeightsError(f"{path}: holds several networks ({named}); save the one that is wanted")
    return found[0].tensors


def candidates(path: Path, reader: Reader | None = None) -> list[Found]:
    """Everything in a checkpoint that may be a network's parameters, the likeliest first; at least one.

    Raises:
        WeightsError: as ``read_checkpoint``, but several networks are several candidates.
    """
    path = Path(path)
    kind = kind_of(path)
    if kind == "torch":
        return _parameters(path, load_inert(path))
    if kind == "safetensors":
        try:
            return [Found("", _bare(load_file(path)))]
        except (SafetensorError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise WeightsError(f"{path}: damaged safetensors file ({reason}); fetch it again") from None
    if reader is not None:
        return [Found("", dict(reader(path)))]
    raise WeightsError(f"{path}: neither a torch checkpoint nor safetensors; is this the authors' file?")


def _parameters(path: Path, content: object) -> list[Found]:
    """The name-to-tensor mappings inside what torch read, the likeliest first."""
    found = [Found(each.where, _bare(each.tensors)) for each in _mappings(content)]
    if found:
        largest = max(len(each.tensors) for each in found if each.rank <= _UNNAMED)
        whole = max((len(e.tensors) for e in found if not e.is_average and e.rank <= _UNNAMED), default=0)

        def order(each: Found) -> tuple[bool, int]:
            # An average may lack what is not averaged, such as running statistics.
            partial = len(each.tensors) * 2 < largest or (each.is_average and len(each.tensors) < whole)
            return partial or each.rank > _UNNAMED, each.rank

        return sorted(found, key=order)
    if not isinstance(content, Mapping) or not content:
        raise WeightsError(f"{path}: holds {_what(content)}, not named tensors; save the network's state_dict()")
    name, value = next(iter(content.items()))
    raise WeightsError(
        f"{path}: '{name}' is {_what(value)}, not a tensor with a name; parameters are looked for at the top and under "
        f"any key, as {', '.join(WRAPPERS)}"
    )


def _mappings(content: object, where: str = "", depth: int = 3) -> Iterator[Found]:
    """Every mapping that holds named tensors, and mappings that hold nothing but such ones, as parts of a network."""
    if not isinstance(content, Mapping):
        return
    own = {name: x.detach() for name, x in content.items() if isinstance(name, str) and isinstance(x, Tensor)}
    if own:
        yield Found(where, own)
    parts: dict[str, Tensor] = {}
    inside = [(k, v) for k, v in content.items() if isinstance(k, str) and not re.search("optim|sched", k.lower())]
    for key, value in inside if depth else ():
        for found in _mappings(value, f"{where}.{key}" if where else key, depth - 1):
            yield found
            if found.where == (f"{where}.{key}" if where else key):
                parts |= {f"{key}.{name}": x for name, x in found.tensors.items()}
    if not own and len({name.partition(".")[0] for name in parts}) > 1:
        yield Found(f"{where}.{_PARTS}" if where else _PARTS, parts)


def _bare(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Without the ``module.`` that DataParallel puts before every name, and what torch.compile and others put in."""
    named = {_COMPILED.sub("", name): value for name, value in tensors.items()}
    if len(named) < len(tensors):  # two would have one name
        named = dict(tensors)
    while named and all(name.startswith("module.") for name in named):
        named = {_COMPILED.sub("", name.removeprefix("module.")): value for name, value in named.items()}
    return named


def _what(content: Any) -> str:
    if isinstance(content, NumPyObject):
        return "a NumPy object"
    if isinstance(content, InertObject):
        return f"{a_type(content)} object"
    empty = isinstance(content, Mapping) and not content
    return f"an empty {type(content).__name__}" if empty else a_type(content)
