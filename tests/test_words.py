"""The field's words: names that the project once had of its own are not to come back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("vsodboost", "adapters", "plugins", "benchmarks", "examples")
OLD = {
    "think": "predict",
    "Thought": "PredictedBuffer",
    "Opinions": "Predictions",
    "opinions": "predictions",
    "opinion": "prediction",
    "heard": "what was predicted",
    "unaided": "fused_without_target",
    "told": "guidance",
    "arrived": "propagated labels",
    "carried": "propagated",
    "Lessons": "TrainingSet",
    "lessons": "training_set",
    "LessonMemory": "ReplayBuffer",
    "beyond": "extra",
    "taught": "tuned",
    "steadied": "smooth_along_flow",
    "crisp": "sharpen",
    "joined": "concat",
    "ahead": "forward",
    "behind": "backward",
    "Sight": "SpatialFeatures",
    "sight": "spatial features",
    "Keepsakes": "KeyframeReservoir",
    "keepsakes": "reservoir",
    "Heap": "ProposalPool",
    "heap": "pool",
    "Knowledge": "MinedProposals",
    "Verdict": "ProposalLabels",
    "verdict": "labels",
    "Surveyor": "ProposalCollector",
    "Clues": "MotionCues, guidance channels, trust features",
    "clues": "cues, guidance, features",
    "clue": "cue, guidance, feature",
    "Gated": "Decision",
    "NEEDED": "MARGIN",
    "WHOLE": "SHOT_WEIGHT",
    "SPREAD": "TEMPORAL_SIGMA",
    "DETAILED": "DETAIL_TRUST",
    "Seconds": "StageTimer",
    "Writing": "OutputOptions",
    "Sheet": "ContactSheet",
    "Tally": "RunSummary",
    "untaught": "untuned",
    "doubtful": "low_trust",
}
"""Old name: what to say instead."""


def names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every name that a file makes or uses, with its line."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        for attribute in ("name", "id", "attr", "arg", "asname"):
            value = getattr(node, attribute, None)
            if isinstance(value, str):
                yield value, line


def found(source: str) -> list[tuple[str, int]]:
    """Old names in the source, with their lines."""
    return [(name, line) for name, line in names(ast.parse(source)) if name.strip("_") in OLD]


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_old_word_is_a_name(folder: str) -> None:
    old = [
        f"{path.relative_to(ROOT)}:{line}: '{name}'; say {OLD[name.strip('_')]}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for name, line in found(path.read_text(encoding="utf-8"))
    ]
    assert not old, "\n".join(old)


@pytest.mark.parametrize("folder", FOLDERS)
def test_papers_have_authors_not_numbers(folder: str) -> None:
    for path in sorted((ROOT / folder).rglob("*.py")):
        for number in ("000", "001", "002", "003", "004"):
            assert f"aper {number}" not in path.read_text(encoding="utf-8"), path.relative_to(ROOT)


def test_old_names_are_found_wherever_they_stand() -> None:
    source = "class Lessons: pass\ndef f(told): return told.carried\nimport a as crisp\nx = _Tally(beyond=1)\n"
    assert {name for name, _ in found(source)} == {"Lessons", "told", "carried", "crisp", "_Tally", "beyond"}
