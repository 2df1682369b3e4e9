"""What a run came to, at its end."""

from __future__ import annotations

from typing import Any

import pytest

from vsodboost.cli.closing import nothing_gained, once, print_closing

GAINED = {
    "video": "bear",
    "frames": 40,
    "target_trust": 0.8,
    "trust": 0.9,
    "changed": 0.031,
    "flags": {},
    "settings": {"profile": "fast"},
    "seconds_total": 61.4,
}


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    print_closing([GAINED, {**GAINED, "video": "still", "trust": 0.8, "changed": 0.0, "flags": {"static": 40}}])
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.splitlines() == [
        "video  frames  trust         changed  flags      seconds",
        "bear   40      0.80 -> 0.90  3.1%     -          61",
        "still  40      0.80 -> 0.80  0.0%     40 static  61",
        "still: little moves: the target's maps were kept",
    ]
    print_closing([])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"flags": {"static": 3}}, ""),
        ({"flags": {"untuned": 40}}, "no frame was worth learning from"),
        ({"changed": 0.0}, "kept nearly as they are"),
        ({"trust": 0.8}, "trust did not rise"),
    ],
)
def test_a_sentence_where_nothing_was_gained(changes: dict[str, Any], words: str) -> None:
    said = nothing_gained({**GAINED, **changes})
    assert said.startswith(words) or words in said
    assert bool(said) == bool(words)


def test_what_a_target_without_maps_cannot_gain_is_not_said(capsys: pytest.CaptureFixture[str]) -> None:
    alone = {**GAINED, "target_trust": None, "flags": {"no_target": 40}}
    assert nothing_gained(alone) == ""
    assert nothing_gained({**GAINED, "target_trust": 0.95, "flags": {"no_target": 30}}) == ""  # of other frames
    print_closing([alone])
    assert "none -> 0.90" in capsys.readouterr().err


def test_the_same_words_of_many_videos_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert once([("a", "odd"), ("b", ""), ("c", "odd"), ("a", "even")]) == ["a: odd", "c: odd", "a: even"]
    many = [(f"v{t}", "odd") for t in range(10000)]
    assert once([*many, ("w", "even")]) == ["10000 videos (v0, v1, v2 and 9997 more): odd", "w: even"]
    print_closing([{**GAINED, "video": f"v{t}", "trust": 0.8} for t in range(6)])
    assert capsys.readouterr().err.splitlines()[7:] == [
        "6 videos (v0, v1, v2 and 3 more): trust did not rise; look at both maps (--write sheet) before you choose"
    ]
