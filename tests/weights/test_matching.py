from __future__ import annotations

import pytest
import torch
from small_weights import small_network
from torch import Tensor

from vsodboost.data.errors import WeightsError
from vsodboost.weights.matching import fit


def test_order_dtype_and_missing_counters_follow_the_network(state: dict[str, Tensor]) -> None:
    halved = {name: value.half() if value.is_floating_point() else value for name, value in reversed(state.items())}
    del halved["1.num_batches_tracked"]
    fitted = fit(halved, small_network().state_dict(), what="x")
    assert list(fitted) == list(state)
    assert {name: value.dtype for name, value in fitted.items()} == {name: v.dtype for name, v in state.items()}
    assert int(fitted["1.num_batches_tracked"]) == 0
    torch.testing.assert_close(fitted["0.weight"], state["0.weight"], rtol=1e-3, atol=1e-3)


def test_counters_of_another_version_are_dropped(state: dict[str, Tensor]) -> None:
    extra = {**state, "9.num_batches_tracked": torch.tensor(3)}
    assert list(fit(extra, small_network().state_dict(), what="x")) == list(state)


def test_differences_are_counted_and_the_first_named(state: dict[str, Tensor]) -> None:
    other = {f"new{i}": torch.zeros(1) for i in range(5)}
    wrong = {**state, **other, "0.weight": torch.zeros(3, 2, 1, 1), "0.bias": torch.zeros(3, dtype=torch.int64)}
    del wrong["2.weight"]
    with pytest.raises(WeightsError) as caught:
        fit(wrong, small_network().state_dict(), what="file.pth")
    assert str(caught.value) == (
        "file.pth: 1 missing (2.weight); 5 unknown (new0, new1, new2, …); 2 of another shape (0.weight is "
        "float32[3, 2, 1, 1] instead of float32[3, 2, 3, 3], 0.bias is int64[3] instead of float32[3])"
    )


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused(state: dict[str, Tensor], bad: float) -> None:
    state["2.weight"][0, 1] = bad
    with pytest.raises(WeightsError, match=r"x: '2\.weight' holds NaN or infinite"):
        fit(state, small_network().state_dict(), what="x")
