"""The names that ``vsodboost`` offers, each imported from its module when it is first asked for."""

from __future__ import annotations

import pytest

import vsodboost


def test_every_public_name_is_found_where_it_lives() -> None:
    assert set(dir(vsodboost)) >= set(vsodboost.__all__)
    for name in vsodboost.__all__:
        assert getattr(vsodboost, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'boots'"):
        vsodboost.boots  # noqa: B018
