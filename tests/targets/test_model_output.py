from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from vsodboost.targets.model_output import as_classes, as_maps, final_map, final_of, named_tensors

SIZE = (6, 10)


def numbered(*shape: int) -> Tensor:
    return torch.arange(int(np.prod(shape)), dtype=torch.float32).reshape(shape)


@dataclass
class Pair:
    """Two maps and a number that is none."""

    coarse: Tensor
    final: Tensor
    loss: float = 0.0


Edges = namedtuple("Edges", "edge saliency")


@pytest.mark.parametrize(
    ("output", "names"),
    [
        (numbered(1), [""]),
        (np.zeros(3), [""]),
        ([numbered(1), (numbered(1), numbered(2))], ["0", "1.0", "1.1"]),
        ({"out": numbered(1), "aux": None, 3: numbered(1)}, ["out", "3"]),
        (Edges(numbered(1), numbered(1)), ["edge", "saliency"]),
        (Pair(numbered(1), numbered(1)), ["coarse", "final"]),
        (SimpleNamespace(mask=numbered(1), _cache=numbered(1)), ["mask"]),
        ({"preds": [numbered(1)]}, ["preds.0"]),
        ("text", []),
        (None, []),
    ],
    ids=["tensor", "array", "tuples", "mapping", "named tuple", "data class", "object", "nested", "text", "nothing"],
)
def test_tensors_are_found_under_their_names(output: Any, names: list[str]) -> None:
    assert list(named_tensors(output)) == names


@pytest.mark.parametrize(
    ("sizes", "final"),
    [
        ({"0": (6, 10), "1": (3, 5)}, "0"),
        ({"0": (3, 5), "1": (6, 10)}, "1"),
        ({"0": (6, 10), "1": (6, 10)}, "0"),
        ({"aux": (6, 10), "out": (6, 10)}, "out"),
        ({"aux": (6, 10), "out": (3, 5)}, "out"),
        ({"side_out1": (6, 10), "x": (3, 5)}, "x"),
        ({"mask": (6, 10), "saliency": (6, 10)}, "saliency"),
        ({"saliencyMap": (3, 5), "recon": (6, 10)}, "saliencyMap"),
        ({"output": (3, 5), "1900": (6, 10)}, "1900"),
        ({"attention": (6, 10), "detection": (6, 10)}, "detection"),
        ({"background": (6, 10), "object": (6, 10)}, "object"),
        ({"edge": (6, 10), "aux": (3, 5)}, "edge"),
    ],
)
def test_the_final_one_goes_by_name_and_size(sizes: dict[str, tuple[int, int]], final: str) -> None:
    assert final_of(sizes) == final


@pytest.mark.parametrize(
    ("shape", "count"),
    [
        ((3, 1, 6, 10), 3), ((3, 6, 10), 3), ((3, 6, 10, 1), 3), ((1, 3, 1, 6, 10), 3), ((1, 1, 3, 6, 10), 3),
        ((1, 3, 6, 10), 3), ((6, 10), 1), ((1, 6, 10), 1), ((1, 1, 6, 10), 1), ((6, 10, 1), 1), ((3, 1, 3, 5), 3),
    ],
)  # fmt: skip
def test_a_map_a_frame_is_one_wherever_it_has_dimensions_of_one(shape: tuple[int, ...], count: int) -> None:
    maps = as_maps(numbered(*shape), count, SIZE)
    assert maps is not None and maps.shape[:2] == (count, 1)
    assert maps.flatten().tolist() == numbered(*shape).flatten().tolist()


@pytest.mark.parametrize(
    ("shape", "count"),
    [
        ((2, 6, 10), 3), ((2, 6, 10), 1), ((3, 2, 6, 10), 3), ((3,), 3), ((), 1), ((3, 60), 3), ((3, 300, 4), 3),
        ((1, 300, 4), 1), ((3, 4, 60), 3), ((1, 10), 1),
    ],
)  # fmt: skip
def test_other_shapes_are_no_map_a_frame(shape: tuple[int, ...], count: int) -> None:
    assert as_maps(torch.zeros(shape), count, SIZE) is None


@pytest.mark.parametrize(
    ("shape", "count", "order"),
    [
        ((3, 2, 6, 10), 3, (0, 1, 2, 3)), ((3, 6, 10, 2), 3, (0, 3, 1, 2)), ((3, 21, 6, 10), 3, (0, 1, 2, 3)),
        ((1, 2, 6, 10), 1, (0, 1, 2, 3)), ((1, 2, 3, 6, 10), 3, (2, 1, 3, 4, 0)),
    ],
)  # fmt: skip
def test_classes_are_found_before_and_behind_the_pixels(
    shape: tuple[int, ...], count: int, order: tuple[int, ...]
) -> None:
    classes = as_classes(numbered(*shape), count, SIZE)
    expected = numbered(*shape).permute(order).squeeze(-1) if len(shape) == 5 else numbered(*shape).permute(order)
    assert classes is not None and torch.equal(classes, expected)


def test_classes_of_a_frame_without_batch_and_what_is_none() -> None:
    classes = as_classes(numbered(2, 6, 10), 1, SIZE)
    assert classes is not None and classes.shape == (1, 2, 6, 10)
    for shape, count in (((3, 1, 6, 10), 3), ((3, 6, 10), 3), ((6, 10), 1), ((4, 2, 6, 10), 3)):
        assert as_classes(torch.zeros(shape), count, SIZE) is None


def test_networks_whose_card_says_the_rest_have_their_final_map_found() -> None:
    final = numbered(3, 1, 6, 10)
    assert final_map(final, 3, SIZE) is final
    assert final_map({"aux": 0 * final, "out": final}, 3, SIZE) is final
    assert final_map((final[..., ::2, ::2], final), 3, SIZE) is final
    features = torch.zeros(3, 8, 6, 10)
    assert final_map((features, features + 1), 3, SIZE) is features  # refused by its shape
    assert final_map("text", 3, SIZE) == "text"
