"""The table of ``Options`` in docs/plugins.md has every reader, as it is called."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from vsodboost.registry.options import Options

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plugins.md"


def test_every_reader_is_in_the_table_with_its_parameters() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^  \| `(\w+)\((.*?)\)` \|", text, re.M))
    readers = {n: f for n, f in vars(Options).items() if not n.startswith("_") and n != "refusal"}
    taken = {n: [*inspect.signature(f).parameters][1:] for n, f in readers.items()}
    assert {n: re.sub(r"=\w+", "", given).split(", ") for n, given in rows.items()} == taken
    assert "`options.refusal(name, wanted)`" in text
