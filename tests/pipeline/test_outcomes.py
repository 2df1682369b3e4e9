"""What executors of strangers say is checked; what they do wrong names them, and nothing is forgotten."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vsodboost.data.errors import InputError, PluginError, VsodboostError
from vsodboost.data.video import UnreadableSource
from vsodboost.pipeline.outcomes import SAID, outcomes
from vsodboost.registry.interfaces import Outcome

SOURCES = [UnreadableSource(name, Path(name), InputError("not to be read")) for name in "abc"]


def work(source: Any) -> dict[str, Any]:
    return {**dict.fromkeys(SAID), "video": source.name}


class Executor:
    """Says what ``says`` yields."""

    def __init__(self, says: Callable[[Any], Any]) -> None:
        self.says = says

    def run(self, work: Any, sources: Any) -> Any:
        return self.says(sources)


def heard(says: Callable[[Any], Any]) -> Iterator[Outcome]:
    return outcomes(Executor(says), "executor 'strange'", work, SOURCES)


def test_each_video_has_one_outcome_and_forgotten_ones_fail() -> None:
    def says(sources: Any) -> Iterator[Outcome]:
        yield Outcome(sources[1], error=InputError("broken"))
        yield Outcome(sources[0], summary=work(sources[0]))

    found = list(heard(says))
    assert [outcome.source.name for outcome in found] == ["b", "a", "c"]
    assert str(found[0].error) == "broken" and found[1].summary == work(SOURCES[0])
    assert str(found[2].error) == "executor 'strange' ended without a word about it; try --executor local"


def after_one(then: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Say one outcome, then do something."""

    def says(sources: Any) -> Iterator[Any]:
        yield Outcome(sources[0], summary=work(sources[0]))
        yield then(sources)

    return says


def fails(error: BaseException) -> Callable[[Any], Any]:
    def raised(sources: Any) -> Any:
        raise error

    return raised


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (after_one(lambda sources: sys.exit(0)), r"called sys.exit\(0\); 2 of 3 videos are not done; --resume goes on"),
        (after_one(fails(KeyError("x"))), "failed: KeyError: 'x'; 2 of 3 videos are not done"),
        (after_one(fails(InputError("c is broken"))), "c is broken; 2 of 3"),
        (lambda sources: sys.exit("no"), r"called sys.exit\('no'\); 3 of 3"),
        (lambda sources: 3, "'int' object is not iterable"),
        (after_one(lambda sources: "done"), "yielded a str; expected an Outcome"),
        (
            after_one(lambda sources: Outcome(sources[0], summary={})),
            "an outcome of 'a', which it was not given or has",
        ),
        (after_one(lambda sources: Outcome(None, summary={})), "an outcome of None"),
    ],
)
def test_what_executors_do_wrong_names_them_and_what_is_left(says: Callable[[Any], Any], words: str) -> None:
    with pytest.raises(PluginError, match=rf"executor 'strange'.*{words}"):
        list(heard(says))


def test_what_stops_everything_passes_and_a_wrong_summary_fails_its_video() -> None:
    with pytest.raises(VsodboostError, match="the disk is full"):
        list(heard(fails(VsodboostError("the disk is full"))))
    with pytest.raises(KeyboardInterrupt):
        list(heard(fails(KeyboardInterrupt())))
    given = [{"video": "a"}, {**work(SOURCES[1]), "video": "a"}, None]
    found = list(heard(lambda sources: [Outcome(s, summary=g) for s, g in zip(sources, given, strict=True)]))
    said = [str(outcome.error).rpartition("a summary ")[2] for outcome in found]
    assert said == ["without 'frames'", "of 'a'", "without 'video'"]


def test_an_executor_that_fails_while_it_is_closed_is_named() -> None:
    def says(sources: Any) -> Iterator[Outcome]:
        try:
            yield Outcome(sources[0], error=InputError("broken"))
        finally:
            sys.exit(5)

    said = heard(says)
    next(said)
    with pytest.raises(PluginError, match=r"executor 'strange' called sys.exit\(5\)"):
        said.close()  # type: ignore[attr-defined]
