"""Perfect maps score one against truth of every kind, and what cannot be scored is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mask_files import VOID, indexed, masks, numbers, save_all, with_void
from numpy.typing import NDArray

from vsodboost.data.errors import InputError
from vsodboost.io.colour_facts import davis_palette
from vsodboost.metrics.evaluate import SequenceScore, evaluate

Ids = NDArray[np.uint8]


def saved(folder: Path, truths: list[Any], maps: list[Any]) -> tuple[Path, Path]:
    """The folders of truth and maps of one sequence."""
    save_all(folder / "gt" / "move", truths)
    save_all(folder / "maps" / "move", maps)
    return folder / "gt", folder / "maps"


def scored(folder: Path, truths: list[Any], maps: list[Any]) -> SequenceScore:
    """The figures of one sequence."""
    return evaluate(*saved(folder, truths, maps)).sequence("move")


def white(count: int = 3) -> list[Ids]:
    """Perfect maps."""
    return [m.astype(np.uint8) * 255 for m in masks(count)]


@pytest.mark.parametrize(
    "encode",
    [
        lambda ids: ids,
        lambda ids: davis_palette()[ids],
        lambda ids: indexed(ids).convert("L"),
        lambda ids: (ids > 0).astype(np.uint16) * 255,
        lambda ids: np.dstack([np.full((*ids.shape, 3), 255, np.uint8), (ids > 0).astype(np.uint8) * 255]),
        lambda ids: indexed(with_void(ids)),
        with_void,
    ],
    ids=["numbers", "palette as colours", "palette as grey", "16 bits", "transparency", "void", "void in grey"],
)
def test_perfect_maps_score_one(tmp_path: Path, encode: Callable[[Ids], Any]) -> None:
    figures = scored(tmp_path, [encode(n) for n in numbers()], white()).figures
    assert [figures[key] for key in ("maxF", "J", "S", "F", "MAE")] == pytest.approx([1, 1, 1, 1, 0], abs=1e-9)


@pytest.mark.parametrize("protocol", ["all", "davsod"])
def test_what_lies_in_void_does_not_count(tmp_path: Path, protocol: str) -> None:
    """Whatever a map says where void is, every figure is the same; those of pixels are of the others alone."""
    maps = [np.where(m, 0.8, 0.1 + 0.1 * np.linspace(0, 1, m.shape[1])) for m in masks()]
    save_all(tmp_path / "gt" / "move", [indexed(with_void(n)) for n in numbers()])
    figures = []
    for value in (0, 0.2, 0.97):
        dirty = [m.copy() for m in maps]
        for m in dirty:
            m[VOID] = value
        save_all(tmp_path / str(value) / "move", [(m * 255).astype(np.uint8) for m in dirty])
        figures.append(evaluate(tmp_path / "gt", tmp_path / str(value), protocol).sequence("move").figures)
    for others in figures[1:]:
        assert dict(others) == pytest.approx(dict(figures[0]))
    scored_here = np.ones(masks()[0].shape, bool)
    scored_here[VOID] = False
    written = [(m * 255).astype(np.uint8) / 255 for m in maps]
    stretched = [(m - m[scored_here].min()) / np.ptp(m[scored_here]) for m in written]
    errors = [float(np.abs(m - t)[scored_here].mean()) for m, t in zip(stretched, masks(), strict=True)]
    assert figures[0]["MAE"] == pytest.approx(np.mean(errors[1:2] if protocol == "davsod" else errors))


def test_a_mask_of_nothing_but_void_is_no_truth(tmp_path: Path) -> None:
    truths = [indexed(numbers()[0]), indexed(np.full_like(numbers()[0], 255))]
    with pytest.raises(InputError, match="void everywhere"):
        scored(tmp_path, truths, white(2))


def test_a_sequence_that_is_empty_in_every_frame_is_said(tmp_path: Path) -> None:
    black = [np.zeros_like(n) for n in numbers()]
    truthless = evaluate(*saved(tmp_path / "truth", black, white()))
    assert "move: the truth is empty in every scored frame" in truthless.notes
    mapless = evaluate(*saved(tmp_path / "maps", white(), black))
    assert f"move: every map in {tmp_path / 'maps' / 'maps'} has one value only" in mapless.notes
    assert evaluate(*saved(tmp_path / "neither", white(), white())).notes == ()


def test_turned_maps_are_not_squeezed_into_the_truth(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the map .*00000\.png is 96x160, the frame 160x96"):
        scored(tmp_path, white(), [w.T for w in white()])
