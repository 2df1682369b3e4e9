"""What plugins return is checked; the message names the plugin and what it did."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from vsodboost.data.errors import PluginError
from vsodboost.registry.checked_arrays import array_of
from vsodboost.registry.checks import checked_files, checked_flow, checked_maps

RNG = np.random.default_rng(0)
MAPS = RNG.random((3, 6, 8)).astype(np.float32)
FLOW = RNG.normal(size=(3, 6, 8, 2)).astype(np.float32)


@pytest.mark.parametrize(
    "given",
    [
        MAPS,
        MAPS[:, None],
        MAPS[..., None],
        MAPS.astype(np.float64),
        MAPS.astype(np.float16),
        list(MAPS),
        torch.from_numpy(MAPS),
        torch.from_numpy(MAPS).requires_grad_(),
    ],
    ids=["float32", "[T,1,h,w]", "[T,h,w,1]", "float64", "float16", "list", "tensor", "tensor with gradient"],
)
def test_maps_come_out_as_float32_in_the_unit_range(given: Any) -> None:
    maps = checked_maps(given, 3, "target 'x'")
    assert maps.dtype == np.float32 and maps.shape == (3, 6, 8)
    np.testing.assert_allclose(maps, MAPS, atol=1e-3)


def test_masks_count_as_maps_and_rounding_beyond_the_range_is_cut() -> None:
    assert checked_maps(MAPS > 0.5, 3, "x").max() == 1
    nearly = np.array([[[-5e-5, 1 + 5e-5]]], np.float32)
    np.testing.assert_array_equal(checked_maps(nearly, 1, "x"), [[[0, 1]]])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (MAPS[:2], "returned 2 maps for 3 frames"),
        (MAPS[0], r"returned maps of shape \(6, 8\); expected \[3, h, w\]"),
        (np.zeros((3, 2, 6, 8), np.float32), r"shape \(3, 2, 6, 8\)"),
        (MAPS * 255, r"maps in \[.*\]; expected \[0, 1\] \(divide by 255, or apply a sigmoid\)"),
        (MAPS - 0.5, "expected .0, 1."),
        ((MAPS * 255).astype(np.uint8), "8-bit maps up to 2.*expected float32"),
        (np.where(MAPS > 0.9, np.nan, MAPS), r"NaN or infinite values \(first in frame 0"),
        (np.where(np.arange(3)[:, None, None] == 2, np.inf, MAPS), "first in frame 2"),
        (None, "returned maps of type object"),
        (["a", "b", "c"], "returned maps of type <U1"),
        ([MAPS[0], MAPS[1, :2], MAPS[2]], "returned maps that make no array"),
        (MAPS.astype(np.complex64), "type complex64"),
        (np.zeros((3, 0, 8), np.float32), r"shape \(3, 0, 8\)"),
    ],
)
def test_wrong_maps_are_refused_by_name(given: Any, said: str) -> None:
    with pytest.raises(PluginError, match=said) as caught:
        checked_maps(given, 3, "target 'x'")
    assert str(caught.value).startswith("target 'x' returned ") and "\n" not in str(caught.value)


def test_flow_is_checked_likewise() -> None:
    assert checked_flow(torch.from_numpy(FLOW), (3, 6, 8), "flow estimator 'x'").dtype == np.float32
    for given, said in (
        (FLOW[:2], r"flow of shape \(2, 6, 8, 2\); expected \(3, 6, 8, 2\)"),
        (FLOW.transpose(0, 3, 1, 2), r"shape \(3, 2, 6, 8\)"),
        (np.where(FLOW > 1, np.nan, FLOW), "flow with NaN"),
        (None, "flow of type object"),
    ):
        with pytest.raises(PluginError, match=said):
            checked_flow(given, (3, 6, 8), "flow estimator 'x'")


@pytest.mark.parametrize("files", ["areas.txt", 3, [1], ["../x"], ["/x"], [""], ["a/.b"]])
def test_files_of_a_writer_lie_below_the_video_s_folder(files: Any) -> None:
    assert checked_files(("a.txt", "b/{frame}.txt"), "writer 'a'") == ["a.txt", "b/{frame}.txt"]
    with pytest.raises(PluginError, match=r"writer 'a' has .* output_files; expected paths below the video's folder"):
        checked_files(files, "writer 'a'")


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16, torch.float64, torch.uint8])
@pytest.mark.parametrize("form", ["tensor", "list", "rows"])
def test_tensors_of_every_precision_and_lists_of_them_make_arrays(kind: torch.dtype, form: str) -> None:
    tensor = torch.tensor([[0.0, 1.0], [1.0, 0.0]], requires_grad=True).to(kind)
    given = {"tensor": tensor, "list": list(tensor), "rows": [list(row) for row in tensor]}[form]
    np.testing.assert_array_equal(array_of(given, "x", "numbers"), [[0, 1], [1, 0]])
