"""What users type after ``--…-option``: read, or refused in a line that says what would be right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vsodboost.data.errors import UsageError
from vsodboost.registry.options import Options


def options(**values: str) -> Options:
    return Options(values, "--flow-option")


@pytest.mark.parametrize(
    ("read", "text", "wanted"),
    [
        (lambda o: o.choice("x", ("a", "b")), "b", "b"),
        (lambda o: o.switch("x"), "on", True),
        (lambda o: o.whole("x", None, least=0), "007", 7),
        (lambda o: o.share("x", 0.5), "1", 1.0),
        (lambda o: o.number("x", None, positive=True), "1e-3", 0.001),
        (lambda o: o.three("x", (0, 0, 0)), "0.5", (0.5, 0.5, 0.5)),
        (lambda o: o.three("x", (0, 0, 0)), "1,-2,3", (1, -2, 3)),
        (lambda o: o.size("x"), "48X64", (48, 64)),
        (lambda o: o.size("x", square=True), "64", (64, 64)),
    ],
)
def test_values_are_read_and_defaults_given(read: Callable[[Options], Any], text: str, wanted: Any) -> None:
    assert read(options(x=text)) == wanted != read(options())


@pytest.mark.parametrize(
    ("read", "texts", "said"),
    [
        (lambda o: o.choice("x", ("a", "b")), ("c", ""), "one of a, b"),
        (lambda o: o.switch("x"), ("yes", "1"), "one of off, on"),
        (lambda o: o.whole("x", 5), ("0", "-1", "1.5", "a", "", " 3", "1" * 10), "a whole number of at least 1"),
        (lambda o: o.share("x", 0.5), ("1.1", "-0.1", "nan", "a"), "a number from 0 to 1"),
        (lambda o: o.number("x", 1.0), ("-1", "inf", "nan", ""), "a number of at least 0"),
        (lambda o: o.number("x", 1.0, positive=True), ("0",), "a number above 0"),
        (
            lambda o: o.three("x", (1, 1, 1), positive=True),
            ("0", "1,2", "a", "1,2,inf"),
            "one or three numbers above 0",
        ),
        (lambda o: o.size("x"), ("64", "0x4", "axb", "4x"), "HxW in px, as 352x352"),
    ],
)
def test_refusals_say_what_would_be_right(read: Callable[[Options], Any], texts: tuple[str, ...], said: str) -> None:
    for text in texts:
        with pytest.raises(UsageError) as refused:
            read(options(x=text))
        assert str(refused.value).startswith(f"--flow-option x={text}: must be {said}")
