"""Compare a checkpoint's tensors with what a network wants, strictly."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from vsodboost.data.errors import WeightsError

COUNTER = "num_batches_tracked"
_SHOWN = 3


def fit(tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor], *, what: str) -> dict[str, Tensor]:
    """``tensors`` in the order, shapes and dtypes of ``wanted`` (a state_dict; meta tensors will do).

    Names and shapes must be the same, with one exception: counters of batch norm, which files from before torch 0.4.1
    lack, are filled with zeros. Half-precision files become the network's dtype.

    Raises:
        WeightsError: starting with ``what`` (the file and the model) and naming the first few differences.
    """
    filled = with_counters(tensors, wanted)
    if found := differences(filled, wanted):
        raise WeightsError(f"{what}: {'; '.join(found)}")
    fitted = {name: filled[name].to(value.dtype).contiguous() for name, value in wanted.items()}
    broken = next((n for n, x in fitted.items() if x.is_floating_point() and not bool(x.isfinite().all())), None)
    if broken is not None:
        raise WeightsError(f"{what}: '{broken}' holds NaN or infinite numbers; fetch the file again")
    return fitted


def with_counters(tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``tensors`` with exactly the batch-norm counters of ``wanted``, zero where they were missing."""
    filled = {name: value for name, value in tensors.items() if name in wanted or not name.endswith(COUNTER)}
    for name, value in wanted.items():
        if name.endswith(COUNTER) and name not in filled:
            filled[name] = torch.zeros(value.shape, dtype=value.dtype)
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


def _alike(tensor: Tensor, wanted: Tensor) -> bool:
    plain = tensor.layout == torch.strided and not tensor.is_quantized
    same_kind = tensor.is_floating_point() == wanted.is_floating_point() and tensor.is_complex() == wanted.is_complex()
    return plain and same_kind and tensor.shape == wanted.shape


def _form(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')}{list(tensor.shape)}"


def _first(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
