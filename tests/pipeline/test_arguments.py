"""Options from Python: what is meant is taken, all else is refused by name."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import UsageError
from vsodboost.pipeline.arguments import checked_arguments


@pytest.mark.parametrize(
    ("name", "given", "taken"),
    [
        ("buffer", np.int64(3), 3),
        ("seed", np.uint8(7), 7),
        ("carry_over", np.bool_(True), True),
        ("device", torch.device("cpu"), "cpu"),
        ("start", "0:01.5", 1.5),
        ("start", np.float32(2), 2.0),
        ("stop", math.inf, None),
        ("stop", 10**400, None),
        ("size", 640, "640"),
        ("size", "480P", "480p"),
        ("steps", None, None),
        (
            "flow_options",
            {"a": 1, "b": 0.5, "c": True, "d": Path("x"), "e": np.int8(2)},
            {"a": "1", "b": "0.5", "c": "on", "d": "x", "e": "2"},
        ),
        ("booster_options", {"labels": {}}, {"labels": {}}),
    ],
)
def test_what_is_meant_is_taken(name: str, given: Any, taken: Any) -> None:
    found = checked_arguments({name: given})[name]
    assert found == taken and type(found) is type(taken)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("buffer", "x", "buffer: 'x' was given; expected a whole number of at least 2"),
        ("buffer", True, "expected a whole number"),
        ("every", 2.5, "every: 2.5 was given"),
        pytest.param("every", 10**5000, "every: an int was given", id="endless"),
        ("steps", np.zeros((2, 3)), r"steps: float64\[2, 3\] was given"),
        ("seed", -1, "from 0 to 4294967295"),
        ("size", (64, 64), r"size: \(64, 64\) was given; expected 640 \(the long side\)"),
        ("start", math.nan, "start: nan was given"),
        ("start", math.inf, "expected seconds of at least 0"),
        ("stop", -1, "stop: -1 was given"),
        ("start", "1:75", "a text such as '1:15'"),
        ("flow", None, "flow: None was given; expected the name of one"),
        ("profile", 3, "expected fast, quick or paper"),
        ("carry_over", "no", "carry_over: 'no' was given; expected True or False"),
        ("booster_options", "x", r"booster_options: 'x' was given; expected \{'name': 'value'\}"),
        ("flow_options", {"a": [1]}, r"flow_options\['a'\]: \[1\] was given"),
        ("flow_options", {1: "a"}, "flow_options, the key 1"),
    ],
)
def test_what_is_not_is_refused_by_name(name: str, given: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        checked_arguments({name: given})
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("input_size", 64, "2 numbers"),
        ("input_size", (0, 64), "a whole number of at least 1"),
        ("mean", "abc", "3 numbers"),
        ("std", (1, 1, 0), "a number above 0"),
        ("window", 2.0, "a whole number"),
        ("stride", 2, "a whole number from 1 to 1"),
        ("output", "map", "logits or probabilities or auto"),
        ("needs_flow", None, "True or False"),
    ],
)
def test_a_card_that_says_how_no_target_is_fed(name: str, given: Any, said: str) -> None:
    with pytest.raises(UsageError, match=rf"TargetCard\.{name}: .* expected {said}"):
        TargetCard("x", **{name: given})
    assert TargetCard("x", input_size=[np.int64(4), 6]).input_size == (4, 6)  # type: ignore[arg-type]
