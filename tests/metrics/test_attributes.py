from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_evaluations import evaluation

from vsodboost.data.errors import InputError, UsageError
from vsodboost.metrics.attributes import attribute_means, read_attributes, unlisted
from vsodboost.metrics.protocols import DAVSOD


def read(tmp_path: Path, text: str) -> dict[str, tuple[str, ...]]:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    return dict(read_attributes(tmp_path / "a.csv").sequences)


@pytest.mark.parametrize(
    "text",
    [
        "sequence,FM,OCC,LR\ncows,1,0,0\nlibby,1,1,0\n",
        "\ufeffVideo, FM , OCC,LR\ncows, yes,no,-\n\nlibby,x,TRUE,\n",
        "cows,FM\nlibby,FM,OCC\n",
    ],
)
def test_columns_of_yes_and_no_or_lists_of_names(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == {"FM": ("cows", "libby"), "OCC": ("libby",)}


def test_a_column_of_words_makes_an_attribute_of_each(tmp_path: Path) -> None:
    found = read(tmp_path, "sequence,motion,OCC\ncows,slow,0\nlibby,fast,1\ngoat,slow,\n")
    assert found == {"motion=slow": ("cows", "goat"), "motion=fast": ("libby",), "OCC": ("libby",)}


def test_what_is_no_such_table(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"b\.csv: no such file of attributes"):
        read_attributes(tmp_path / "b.csv")
    for text, message in (
        ("", "is empty"),
        ("sequence,FM\ncows,1\ncows,0\n", "names cows twice"),
        ("sequence,FM,OCC\ncows,1\n", "the line of cows has 2 cells, the first line 3"),
        ("sequence,FM\ncows,0\n", "gives no sequence an attribute"),
    ):
        with pytest.raises(InputError, match=message):
            read(tmp_path, text)
    (tmp_path / "a.csv").write_bytes(b"sequence,\xff\n")
    with pytest.raises(InputError, match="save it as CSV in UTF-8"):
        read_attributes(tmp_path / "a.csv")


def test_means_over_the_sequences_of_an_attribute(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("sequence,A,B,C\ns0,1,0,0\ns1,1,1,0\nelsewhere,0,0,1\n")
    attributes = read_attributes(tmp_path / "a.csv")
    scored = evaluation([0.2, 0.4, 0.9])
    means = attribute_means(scored, attributes)
    assert {name: e.mean["S"] for name, e in means.items()} == pytest.approx({"A": 0.3, "B": 0.4})
    assert unlisted(scored, attributes) == ["s2"]


def test_under_davsod_the_maximum_is_that_of_the_attribute_s_mean_curve(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("sequence,A\ns0,1\ns1,1\n")
    curves = np.random.default_rng(0).random((3, 256))
    found = attribute_means(evaluation([0.1, 0.1, 0.1], DAVSOD, curves), read_attributes(tmp_path / "a.csv"))
    assert found["A"].mean["maxF"] == pytest.approx(curves[:2].mean(0).max())
