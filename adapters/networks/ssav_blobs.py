"""The released Caffe model of SSAV under our names: which blob is which parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vsodboost.data.errors import WeightsError
from vsodboost.weights.caffemodel import read_caffemodel

from .ssav import RATES, SIZE, SSAVNetwork

BATCH_NORM = ("weight", "bias", "running_mean", "running_var")  # Caffe's order in this model; the last is a variance
LSTM = ("input.weight", "hidden.weight", "hidden.bias", "peephole_i", "peephole_f", "peephole_o")


def blob_names() -> Iterator[tuple[str, str]]:
    """Pairs of Caffe's ``layer/index`` and our parameter name, for every blob of the released model."""

    def pair(layer: str, norm: str, path: str, normalised: str) -> Iterator[tuple[str, str]]:
        yield f"{layer}/0", f"{path}.weight"
        for i, name in enumerate(BATCH_NORM):
            yield f"{norm}/{i}", f"{normalised}.{name}"

    for i, layer in enumerate(("conv1_1_3x3_s2", "conv1_2_3x3", "conv1_3_3x3")):
        yield from pair(layer, f"{layer}/bn", f"stem.{i}.conv", f"stem.{i}.bn")
    for number, blocks in enumerate((3, 4, 6, 3), 1):
        for block in range(blocks):
            caffe, ours = f"conv{number + 1}_{block + 1}", f"layer{number}.{block}"
            for i, part in enumerate(("1x1_reduce", "3x3", "1x1_increase"), 1):
                yield from pair(f"{caffe}_{part}", f"{caffe}_{part}/bn", f"{ours}.conv{i}", f"{ours}.bn{i}")
            if block == 0:
                layer = f"{caffe}_1x1_proj"
                yield from pair(layer, f"{layer}/bn", f"{ours}.downsample.0", f"{ours}.downsample.1")
    for i, rate in enumerate(RATES):
        layer = f"conv5_3_d{rate}_conv"
        yield from pair(layer, f"{layer}/bn", f"pyramid.{i}.conv", f"pyramid.{i}.bn")
    yield from pair("conv5_4_", "conv5_4/bn_", "reduce.conv", "reduce.bn")
    for encoder in ("encode1", "encode2", "encode3", "encode4"):
        yield from ((f"{encoder}/{i}", f"{encoder}.{name}") for i, name in enumerate(LSTM))
    for layer in ("conv7", "conv8"):
        yield f"{layer}/0", f"{layer}.weight"
        yield f"{layer}/1", f"{layer}.bias"


def state_dict_from_blobs(blobs: Mapping[str, Any], size: int | None = None) -> dict[str, Tensor]:
    """Caffe's blobs ``{"layer/index": array}`` -> the state dict of ``SSAVNetwork(size)``, by default of 473 px.

    Every blob of the released model must be there, with its size; axes of length one do not matter (Caffe keeps
    batch-norm blobs as 1xCx1x1). Raises WeightsError naming the first blob that is missing, unknown or misshapen.
    """
    with torch.device("meta"):
        wanted = SSAVNetwork(SIZE if size is None else size).state_dict()
    names = dict(blob_names())
    unknown, missing = sorted(set(blobs) - set(names)), [name for name in names if name not in blobs]
    if missing or unknown:
        what = f"lacks the blob {missing[0]}" if missing else f"has an unknown blob {unknown[0]}"
        raise WeightsError(f"ssav: the Caffe model {what}; is this SSAV.caffemodel?")
    state = {}
    for caffe, ours in names.items():
        array, shape = np.asarray(blobs[caffe], dtype=np.float32), tuple(wanted[ours].shape)
        if [n for n in array.shape if n != 1] != [n for n in shape if n != 1]:
            raise WeightsError(f"ssav: blob {caffe} has the shape {array.shape}, not {shape}; is this SSAV.caffemodel?")
        state[ours] = torch.from_numpy(np.ascontiguousarray(array).reshape(shape).copy())
    for name, value in wanted.items():
        if name.endswith("num_batches_tracked"):
            state[name] = torch.zeros(value.shape, dtype=value.dtype)
    return state


def read_weights(path: Path) -> dict[str, Tensor]:
    """SSAV.caffemodel as the state dict of our network; raises WeightsError when it is another file."""
    return state_dict_from_blobs(read_caffemodel(path))
