"""Compare a checkpoint's tensors with what a network wants, strictly."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

import torch
from torch import Tensor

from vsodboost.data.errors import WeightsError

COUNTER = "num_batches_tracked"
MAY_LACK = (COUNTER, "trained_side")
"""Ends of the names of tensors that older files lack, and that are zero there."""
PROFILER = ("total_ops", "total_params")
"""What the profiler thop leaves in every module of a network it has looked at."""
_SHOWN = 3


def fit(
    tensors: Mapping[str, Tensor],
    wanted: Mapping[str, Tensor],
    *,
    what: str,
    ignore_extra: bool = False,
    notes: list[str] | None = None,
) -> dict[str, Tensor]:
    """``tensors`` in the order, shapes and dtypes of ``wanted`` (a state_dict; meta tensors will do).

    Names and shapes must be the same, with these exceptions. A prefix that all of the network's names have in the file,
    such as Lightning's ``model.``, is taken off; what lies beside it is no part of the network. Counters of batch norm,
    which files from before torch 0.4.1 lack, and what else stands in ``MAY_LACK`` are filled with zeros; a tensor that
    the network shares under two names may be there under one. Half-precision files become the network's dtype. With
    ``ignore_extra`` tensors that the network lacks are left out. What was left out or chosen is added to ``notes``.

    Raises:
        WeightsError: starting with ``what`` (the file and the model) and naming the first few differences.
    """
    said: list[str] = [] if notes is None else notes
    aligned = _aligned(tensors, wanted, what, said)
    filled = with_counters(_with_shared(aligned, wanted), wanted)
    if ignore_extra and (extra := [name for name in filled if name not in wanted]):
        said.append(f"what the network lacks is left out, as its authors' loader does: {_many(extra)}")
        filled = {name: filled[name] for name in filled if name in wanted}
    if found := differences(filled, wanted):
        raise WeightsError(f"{what}: {'; '.join(found)}")
    fitted = {name: filled[name].to(value.dtype).contiguous() for name, value in wanted.items()}
    broken = next((n for n, x in fitted.items() if x.is_floating_point() and not bool(x.isfinite().all())), None)
    if broken is not None:
        raise WeightsError(f"{what}: '{broken}' holds NaN or infinite numbers; fetch the file again")
    return _apart(fitted)


def with_counters(tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``tensors`` with exactly the batch-norm counters of ``wanted`` and without a profiler's; zero for what files may
    lack, whole numbers for counters that were made half precision with all else."""
    filled = {
        name: value
        for name, value in tensors.items()
        if name in wanted or name.rpartition(".")[2] not in (COUNTER, *PROFILER)
    }
    for name, value in wanted.items():
        if name.endswith(MAY_LACK) and name not in filled:
            filled[name] = torch.zeros(value.shape, dtype=value.dtype)
        elif name.endswith(COUNTER) and name in filled and filled[name].is_floating_point():
            # All tensors were made half; a count may overflow there. It says nothing at inference.
            filled[name] = filled[name].nan_to_num(0, 0, 0).to(value.dtype)
    return filled


def differences(tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> list[str]:
    """What keeps ``tensors`` from being loaded into ``wanted``, a phrase a kind; empty when nothing does."""
    missing = [name for name in wanted if name not in tensors]
    unknown = [name for name in tensors if name not in wanted]
    other = [
        f"{name} is {_form(tensors[name])} instead of {_form(value)}"
        for name, value in wanted.items()
        if name in tensors and not _alike(tensors[name], value)
    ]
    groups = ((missing, "missing"), (unknown, "unknown"), (other, "of another shape"))
    return [f"{len(names)} {kind} ({_first(names)})" for names, kind in groups if names]


def _aligned(
    tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor], what: str, notes: list[str]
) -> Mapping[str, Tensor]:
    """``tensors`` under the network's names, where a prefix is all that keeps them apart; else as they are."""
    if not wanted or _covers(tensors, wanted, ""):
        return tensors
    own = _common_prefix(wanted)  # the network itself may be wrapped, and the file not
    if own and _covers(tensors, {name.removeprefix(own): value for name, value in wanted.items()}, ""):
        return {own + name: value for name, value in tensors.items()}
    found = _prefixes(tensors, wanted)
    fitting = [prefix for prefix in found if _covers(tensors, wanted, prefix)]
    if not fitting:  # the differences should speak of what is meant
        nearest, often = max(found.items(), key=lambda item: item[1], default=("", 0))
        nearest = nearest if often * 2 > len(wanted) and not any(name in tensors for name in wanted) else ""
        return {name.removeprefix(nearest): value for name, value in tensors.items()}
    fitting.sort(key=lambda prefix: "ema" not in re.split(r"[._]", prefix.lower()))
    prefix = fitting[0]
    if len(fitting) > 1:
        shown = ", ".join(f"'{each}'" for each in fitting)
        if "ema" not in re.split(r"[._]", prefix.lower()) and not _equal(tensors, wanted, fitting):
            raise WeightsError(f"{what}: holds the network {len(fitting)} times ({shown}); save the one that is wanted")
        notes.append(f"of the networks {shown} in it '{prefix}' is taken")
    beside = [name for name in tensors if not any(name.startswith(each) for each in fitting)]
    if beside:
        notes.append(f"what lies beside the network is left out: {_many(beside)}")
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _prefixes(tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> Counter[str]:
    """What stands before the network's names in the file, and how often."""
    ends = {name for name in wanted if not name.endswith(MAY_LACK)}
    found: Counter[str] = Counter()
    for name in tensors:
        parts = name.split(".")
        found.update(".".join(parts[:i]) + "." for i in range(1, len(parts)) if ".".join(parts[i:]) in ends)
    return found


def _covers(tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor], prefix: str) -> bool:
    """Whether every tensor of the network is there under its name after ``prefix``, of the right shape."""
    shared = _sharing(wanted)
    for name, value in wanted.items():
        names = shared.get(name, [name])
        there = next((tensors[prefix + other] for other in names if prefix + other in tensors), None)
        if there is None and name.endswith(MAY_LACK):
            continue
        if there is None or not _alike(there, value):
            return False
    return True


def _common_prefix(names: Mapping[str, Tensor]) -> str:
    firsts = {name.partition(".")[0] for name in names}
    return f"{firsts.pop()}." if len(firsts) == 1 else ""


def _equal(tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor], prefixes: list[str]) -> bool:
    """Whether the networks after ``prefixes`` are one and the same."""
    first, *others = prefixes
    return all(
        torch.equal(tensors[first + name], tensors[other + name])
        for other in others
        for name in wanted
        if first + name in tensors and other + name in tensors
    )


def _with_shared(tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``tensors``, and those that the network shares under two names under both."""
    filled = dict(tensors)
    for name, names in _sharing(wanted).items():
        there = next((tensors[other] for other in names if other in tensors), None)
        if name not in filled and there is not None:
            filled[name] = there
    return filled


def _sharing(wanted: Mapping[str, Tensor]) -> dict[str, list[str]]:
    """The names of a network's tensors that are one in memory, by each of these names; meta tensors tell, too."""
    found: dict[tuple[object, ...], list[str]] = {}
    for name, value in wanted.items():
        if value.layout == torch.strided and value.numel():
            place = (value.untyped_storage()._cdata, value.storage_offset(), tuple(value.shape), value.stride())
            found.setdefault(place, []).append(name)
    return {name: names for names in found.values() if len(names) > 1 for name in names}


def _apart(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """``tensors`` that share no memory, which safetensors files cannot hold."""
    seen: set[int] = set()
    apart = {}
    for name, value in tensors.items():
        place = value.untyped_storage().data_ptr()
        apart[name] = value.clone() if place in seen else value
        seen.add(place)
    return apart


def _alike(tensor: Tensor, wanted: Tensor) -> bool:
    plain = tensor.layout == torch.strided and not tensor.is_quantized
    same_kind = tensor.is_floating_point() == wanted.is_floating_point() and tensor.is_complex() == wanted.is_complex()
    return plain and same_kind and tensor.shape == wanted.shape


def _form(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')}{list(tensor.shape)}"


def _many(names: list[str]) -> str:
    return f"{len(names)} tensor{'s' * (len(names) > 1)} ({_first(names)})"


def _first(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
