"""The twelve switches, and the three sets of them."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from vsodboost.boosters.longterm.options import HELP
from vsodboost.boosters.longterm.settings import LongtermSettings, read_settings
from vsodboost.data.errors import UsageError

# Number in the list of differences between paper and script -> (option, paper's value, script's value).
SWITCHES = {
    2: ("proposals", "best", "stages"),
    4: ("salient_clusters", "gradient", "ratio"),
    5: ("trust", "intersection", "means"),
    6: ("motion_value", "mean", "penalised"),
    7: ("growth", "agree", "predicted"),
    8: ("classifier", "features", "crops"),
    9: ("paste", "max", "add"),
    12: ("tune_flips", "on", "off"),
}
FILES = {"feature-weights": "b7.pth", "classifier-weights": "r18.pth"}


@pytest.mark.parametrize("number", SWITCHES)
def test_the_paper_is_the_papers_default_and_the_script_the_scripts(number: int) -> None:
    name, paper, script = SWITCHES[number]
    assert getattr(read_settings({"follow": "paper"}), name) == paper
    assert getattr(read_settings({"follow": "code", **FILES}), name) == script
    chosen = read_settings({"follow": "paper", name.replace("_", "-"): script, **FILES})
    assert getattr(chosen, name) == script


def test_features_follow_the_paper_where_their_weights_are_given() -> None:
    assert read_settings({"follow": "paper"}).features == "spatial"
    given = read_settings({"follow": "paper", "feature-weights": "r18.pth"})
    assert (given.features, given.feature_weights) == ("resnet18", Path("r18.pth"))
    assert read_settings({"follow": "code", **FILES}).features == "tf_efficientnet_b7"


def test_our_own_rules_are_the_default() -> None:
    assert read_settings({}) == LongtermSettings()
    assert read_settings({}, follow="paper") == read_settings({"follow": "paper"})


def test_numbers() -> None:
    settings = read_settings({"clusters": "6", "batch": "3", "rounds": "0", "share": ".5", "patches": "0"})
    assert (settings.clusters, settings.batch, settings.rounds, settings.share, settings.patches) == (6, 3, 0, 0.5, 0)


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("clusters", "0", "clusters=0: must be a whole number of at least 1"),
        ("rounds", "-1", "whole number of at least 0"),
        ("share", "60", "number from 0 to 1"),
        ("share", "much", "number from 0 to 1"),
        ("paste", "average", "one of max, mean, add"),
        ("follow", "me", "one of ours, paper, code"),
        ("features", "resnet18", "add --booster-option feature-weights=FILE"),
        ("classifier", "crops", "add --booster-option classifier-weights=FILE"),
    ],
)
def test_wrong_values_say_what_is_right(name: str, text: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        read_settings({name: text})


def test_every_setting_has_a_line_of_help() -> None:
    names = {f.name.replace("_", "-") for f in fields(LongtermSettings)}
    assert set(HELP) == names | {"follow"}
