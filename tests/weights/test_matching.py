from __future__ import annotations

import pytest
import torch
from small_weights import small_network
from torch import Tensor, nn

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


def test_counters_made_half_with_all_else_are_counters(state: dict[str, Tensor]) -> None:
    state["1.num_batches_tracked"] = torch.tensor(500)
    fitted = fit({name: value.half() for name, value in state.items()}, small_network().state_dict(), what="x")
    assert fitted["1.num_batches_tracked"].dtype == torch.int64 and int(fitted["1.num_batches_tracked"]) == 500
    state["1.num_batches_tracked"] = torch.tensor(200_000)  # float16 ends at 65504
    fit({name: value.half() for name, value in state.items()}, small_network().state_dict(), what="x")


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


def prefixed(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {prefix + name: value for name, value in state.items()}


def equal(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return list(first) == list(second) and all(torch.equal(value, second[name]) for name, value in first.items())


@pytest.mark.parametrize("prefix", ["model.", "net.", "module.model.", "lit.generator.net."])
def test_one_prefix_before_all_names_is_taken_off(state: dict[str, Tensor], prefix: str) -> None:
    notes: list[str] = []
    assert equal(fit(prefixed(state, prefix), small_network().state_dict(), what="x", notes=notes), state)
    assert notes == []
    beside = {**prefixed(state, prefix), "criterion.weight": torch.ones(1), "n_averaged": torch.tensor(3)}
    assert equal(fit(beside, small_network().state_dict(), what="x", notes=notes), state)
    assert notes == ["what lies beside the network is left out: 2 tensors (criterion.weight, n_averaged)"]


def test_a_prefix_of_the_network_s_own_may_be_lacking(state: dict[str, Tensor]) -> None:
    wanted = prefixed(dict(small_network().state_dict()), "model.")
    assert equal(fit(state, wanted, what="x"), prefixed(state, "model."))
    assert equal(fit(prefixed(state, "model."), wanted, what="x"), prefixed(state, "model."))
    assert equal(fit(prefixed(state, "net.model."), wanted, what="x"), prefixed(state, "model."))


def test_what_lies_within_the_network_and_is_unknown_stays_refused(state: dict[str, Tensor]) -> None:
    extra = {**prefixed(state, "model."), "model.3.weight": torch.ones(1)}
    with pytest.raises(WeightsError, match=r"^x: 1 unknown \(3\.weight\)$"):
        fit(extra, small_network().state_dict(), what="x")
    wrong = {**prefixed(state, "model."), "model.0.bias": torch.ones(4)}
    with pytest.raises(WeightsError, match=r"^x: 1 of another shape \(0\.bias is float32\[4\]"):
        fit(wrong, small_network().state_dict(), what="x")


def test_of_a_network_and_its_average_the_average_is_taken_of_two_others_none(state: dict[str, Tensor]) -> None:
    other = {name: value + 1 for name, value in state.items()}
    notes: list[str] = []
    both = {**prefixed(other, "model."), **prefixed(state, "model_ema.module.")}
    assert equal(fit(both, small_network().state_dict(), what="x", notes=notes), state)
    assert notes == ["of the networks 'model_ema.module.', 'model.' in it 'model_ema.module.' is taken"]
    two = {**prefixed(other, "student."), **prefixed(state, "teacher.")}
    with pytest.raises(WeightsError, match=r"holds the network 2 times \('student\.', 'teacher\.'\); save the one"):
        fit(two, small_network().state_dict(), what="x")
    same = {**prefixed(state, "a."), **prefixed(state, "b.")}
    assert equal(fit(same, small_network().state_dict(), what="x"), state)


def test_extra_tensors_are_left_out_where_the_authors_do_and_that_is_noted(state: dict[str, Tensor]) -> None:
    notes: list[str] = []
    extra = {**state, "fc.weight": torch.ones(2), "fc.bias": torch.ones(2)}
    assert equal(fit(extra, small_network().state_dict(), what="x", ignore_extra=True, notes=notes), state)
    assert notes == ["what the network lacks is left out, as its authors' loader does: 2 tensors (fc.weight, fc.bias)"]
    with pytest.raises(WeightsError, match="2 unknown"):
        fit(extra, small_network().state_dict(), what="x")
    del extra["2.weight"]
    with pytest.raises(WeightsError, match=r"1 missing \(2\.weight\)$"):
        fit(extra, small_network().state_dict(), what="x", ignore_extra=True)


def test_what_a_profiler_left_is_left_out(state: dict[str, Tensor]) -> None:
    profiled = {**state, "total_ops": torch.ones(1), "0.total_params": torch.ones(1), "2.total_ops": torch.ones(1)}
    assert equal(fit(profiled, small_network().state_dict(), what="x"), state)


class Tied(nn.Module):
    """Two layers with one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(3, 3), nn.Linear(3, 3)
        self.second.weight = self.first.weight


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("lacking", ["", "first.weight", "second.weight"])
def test_tensors_that_the_network_shares_may_be_there_once_and_come_out_apart(device: str, lacking: str) -> None:
    with torch.device(device):
        wanted = Tied().state_dict()
    given = dict(Tied().state_dict())
    given.pop(lacking, None)
    fitted = fit(given, wanted, what="x")
    assert torch.equal(fitted["first.weight"], fitted["second.weight"])
    assert len({value.untyped_storage().data_ptr() for value in fitted.values()}) == 4
    assert equal(fit(prefixed(given, "model."), wanted, what="x"), fitted)
    with pytest.raises(WeightsError, match=r"1 missing \(first\.bias\)"):
        fit({name: value for name, value in given.items() if name != "first.bias"}, wanted, what="x")


def test_views_of_one_storage_come_out_apart(state: dict[str, Tensor]) -> None:
    pool = torch.zeros(6)
    state["0.bias"], state["1.bias"] = pool[:3], pool[3:]
    fitted = fit(state, small_network().state_dict(), what="x")
    assert len({value.untyped_storage().data_ptr() for value in fitted.values()}) == len(fitted)
