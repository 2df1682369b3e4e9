"""The golden net: every booster on one made video gives what it gave before, to 1e-5.

A change that is meant changes the stored results: ``python tests/golden/make_golden.py`` writes them anew and says what
changed by how much; the commit says why.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from golden.cases import CASES, run_command
from golden.stored import differences, load


@pytest.mark.parametrize("name", CASES)
def test_a_boost_gives_what_it_gave(name: str, tmp_path: Path) -> None:
    found = differences(load(name), CASES[name].run(tmp_path), CASES[name].tolerance)
    assert not found, "\n".join([name, *found])


def test_the_command_gives_what_it_gave(tmp_path: Path) -> None:
    found = differences(load("command"), run_command(tmp_path))
    assert not found, "\n".join(found)
