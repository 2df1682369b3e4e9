"""Whatever a plugin returns, it is checked: what passes is as the contract has it, all else is one line by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from small_plans import small_scene

from vsodboost.data.decision import Decision
from vsodboost.data.errors import PluginError
from vsodboost.data.scene import Mined
from vsodboost.data.types import Proposals
from vsodboost.registry import checks

SCENE = small_scene(2, (3, 4))
QUICK = settings(max_examples=40, deadline=None, derandomize=True, database=None)


class Refuses:
    """An array that cannot be made one."""

    def __array__(self, *arguments: Any, **options: Any) -> Any:
        raise RuntimeError("not\nme")


KINDS = st.sampled_from(["?", "i1", "u2", "i8", "f2", "f4", "f8", "c8", "O", "U3", "M8[s]"]).map(np.dtype)
SHAPES = st.one_of(
    st.sampled_from([(2, 3, 4), (2, 3, 4, 2), (2, 1, 3, 4), (2,), (1, 4), (0,), ()]),
    arrays.array_shapes(max_dims=5, max_side=4),
)
NUMBERS = st.one_of(st.floats(width=32), st.integers(-3, 300), st.booleans())


@st.composite
def array(draw: Any) -> Any:
    """An array of any kind and of a shape that is often right, filled with one value and spoiled in one place."""
    found = np.zeros(draw(SHAPES), draw(KINDS))
    if found.dtype.kind in "?iufcO" and found.size:
        with np.errstate(all="ignore"):
            found[...] = np.asarray(draw(NUMBERS)).astype(found.dtype)
            if draw(st.booleans()):
                found.flat[draw(st.integers(0, found.size - 1))] = np.asarray(draw(NUMBERS)).astype(found.dtype)
    return found


THINGS = st.one_of(
    array(),
    array().filter(lambda found: found.dtype.kind in "?iuf" and found.dtype != np.uint16).map(torch.from_numpy),
    array().map(lambda found: found.tolist()),
    st.none(), st.text(max_size=3), NUMBERS, st.builds(Refuses), st.just([[1], [2, 3]]),
    st.dictionaries(st.integers(-1, 3), array(), max_size=2), st.tuples(array(), array()),
    st.lists(st.builds(Proposals, array(), array()), max_size=3), st.binary(max_size=3),
)  # fmt: skip


def fits(found: Any, shape: tuple[int, ...], low: float = -np.inf, high: float = np.inf) -> bool:
    """Whether something is float32 of that shape, finite and in the range."""
    return found.dtype == np.float32 and found.shape == shape and bool(((found >= low) & (found <= high)).all())


def proposals_fit(found: Any) -> bool:
    return len(found) == 2 and all(
        fits(p.boxes, (len(p.scores), 4)) and fits(p.scores, p.scores.shape, 0, 1) for p in found
    )


CHECKS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], bool]]] = {
    "maps": (lambda v: checks.checked_maps(v, 2, "plugin 'x'"), lambda f: fits(f, (2, *f.shape[1:]), 0, 1)),
    "scene maps": (
        lambda v: checks.checked_scene_maps(v, SCENE, "plugin 'x'", "maps"),
        lambda f: fits(f, (2, 3, 4), 0, 1),
    ),
    "flow": (lambda v: checks.checked_flow(v, (2, 3, 4), "plugin 'x'"), lambda f: fits(f, (2, 3, 4, 2))),
    "motion": (
        lambda v: checks.checked_motion(v, (2, 3, 4), "plugin 'x'"),
        lambda f: fits(f[0], (2, 3, 4), 0, 1) and fits(f[1], (2,), 0, 1),
    ),
    "logits": (
        lambda v: checks.checked_logits(v, (2, 3, 4), "plugin 'x'"),
        lambda f: tuple(f.shape) == (2, 1, 3, 4) and bool(torch.isfinite(f).all()),
    ),
    "proposals": (lambda v: checks.checked_proposals(v, 2, "plugin 'x'"), proposals_fit),
    "fixed maps": (
        lambda v: checks.checked_fixed_maps(v, SCENE, "plugin 'x'"),
        lambda f: set(f) <= {0, 1} and all(fits(m, m.shape, 0, 1) for m in f.values()),
    ),
    "summary": (lambda v: checks.checked_summary({"x": v}, "plugin 'x'"), lambda f: set(f) == {"x"}),
    "no mined": (lambda v: checks.checked_mined(v, SCENE, "plugin 'x'"), lambda f: False),
    "no decision": (lambda v: checks.checked_decision(v, SCENE, "plugin 'x'"), lambda f: False),
}


def judged(check: Callable[[Any], Any], fitting: Callable[[Any], bool], value: Any) -> None:
    try:
        found = check(value)
    except PluginError as error:
        assert "plugin 'x'" in str(error) and "\n" not in str(error), str(error)
    else:
        assert fitting(found), found


@pytest.mark.parametrize("what", CHECKS)
def test_returns(what: str) -> None:
    check, fitting = CHECKS[what]

    @QUICK
    @given(THINGS)
    def holds(value: Any) -> None:
        judged(check, fitting, value)

    holds()


@QUICK
@given(THINGS, THINGS, THINGS)
def test_parts_of_what_is_mined(indices: Any, truth: Any, weights: Any) -> None:
    judged(
        lambda mined: checks.checked_mined(mined, SCENE, "plugin 'x'"),
        lambda found: (
            fits(found.pseudo_truth, (len(found.indices), 3, 4), 0, 1) and fits(found.weights, found.indices.shape)
        ),
        Mined(indices, truth, weights),
    )


@QUICK
@given(THINGS, THINGS, st.one_of(THINGS, st.just(("", "static"))))
def test_parts_of_a_decision(maps: Any, trust: Any, flags: Any) -> None:
    half = np.full(2, 0.5, np.float32)
    judged(
        lambda decision: checks.checked_decision(decision, SCENE, "plugin 'x'"),
        lambda found: fits(found.maps, (2, 3, 4), 0, 1) and fits(found.trust, (2,), 0, 1) and len(found.flags) == 2,
        Decision(maps, half, trust, half, flags),
    )
