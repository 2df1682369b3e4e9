"""Decisions by region: what does not move beside what does, found pieces, and evidence by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_scenes import disc, scene_of

from vsodboost.data.errors import WeightsError
from vsodboost.data.predictions import Predictions
from vsodboost.data.scene import Scene
from vsodboost.decision import regions
from vsodboost.decision.disputes import disputes
from vsodboost.decision.doubt import doubt
from vsodboost.decision.evidence import EVIDENCE, Evidence
from vsodboost.decision.regions import RegionGate, load_regions
from vsodboost.perception.links import link
from vsodboost.weights.shipped import shipped_path

SIZE = 96
RED, BLUE, GREY = (200, 40, 40), (40, 40, 200), (120, 120, 120)


def circle(y: int, x: int, radius: int = 14, count: int = 4) -> np.ndarray:
    return disc(count, y, x, radius, SIZE)


def dancer_and_bystander(bystander: tuple[int, int, int] = BLUE) -> tuple[Scene, np.ndarray, np.ndarray]:
    """A red disc that moves by 6 px and one that stands still, with the maps of both."""
    dancer, other = circle(48, 26), circle(48, 70)
    frames = np.full((4, SIZE, SIZE, 3), GREY, np.uint8) + np.arange(4, dtype=np.uint8)[:, None, None, None]
    frames[dancer > 0], frames[other > 0] = RED, bystander
    motion = np.random.default_rng(0).normal(0, 0.05, (4, SIZE, SIZE, 2)).astype(np.float32)
    motion[dancer > 0] += (6, 0)
    still = np.zeros((3, SIZE, SIZE, 2), np.float32)  # the discs are drawn where they were
    scene = scene_of(target=dancer, motion=motion, motion_maps=dancer, frames=frames, links=link(still, still))
    return scene, dancer, other


def figures(scene: Scene, first: np.ndarray, second: np.ndarray) -> list[dict[str, float]]:
    evidence = Evidence(scene, first, second)
    return [
        dict(zip(EVIDENCE, evidence.of(d).tolist(), strict=True)) for d in disputes(evidence.first, evidence.second)
    ]


def test_pieces_are_found_by_sign_and_specks_are_none() -> None:
    first, second = circle(20, 20, 8, 1), circle(70, 70, 10, 1)
    second[0, 2, 90] = 1
    found = list(disputes(first, second))
    assert [(d.added, d.box) for d in found] == [(True, (60, 81, 60, 81)), (False, (12, 29, 12, 29))]
    assert found[0].area == second[0, 60:81, 60:81].sum()
    assert (found[0].inside == (second[0][found[0].window] > 0)).all()


def test_nothing_is_disputed_between_equal_maps() -> None:
    assert list(disputes(circle(20, 20), circle(20, 20) * 0.8)) == []


def test_the_evidence_tells_who_moves_and_who_looks_alike() -> None:
    scene, dancer, other = dancer_and_bystander()
    both = np.maximum(dancer, other)
    (still, *_) = figures(scene, dancer, both)
    assert still["added"] == 1 and still["touches_core"] == 0
    assert still["moves_beside_core"] < -0.8 and still["core_moves_beside_background"] > 0.8
    assert still["moves_with_core"] < -0.8 and still["motion_saliency"] < 0.3
    assert still["like_core_in_colour"] < 0.35  # its soft edge is as grey as the other
    assert still["shown_by_first_nearby"] == 0 and still["shown_by_second_nearby"] > 0.9
    assert abs(still["area_beside_core"]) < 0.05
    half = dancer.copy()
    half[:, :, :26] = 0
    (missing, *_) = figures(scene, half, dancer)
    assert missing["moves_with_core"] > 0.8 and missing["touches_core"] > 0.1 and missing["like_core_in_colour"] > 0.5
    (twin, *_) = figures(dancer_and_bystander(RED)[0], dancer, both)
    assert twin["like_core_in_colour"] > still["like_core_in_colour"] + 0.5


def test_without_a_core_nothing_is_compared_with_it() -> None:
    scene, dancer, other = dancer_and_bystander()
    for piece in figures(scene, dancer, other):
        assert piece["moves_beside_core"] == piece["moves_with_core"] == piece["like_core_in_colour"] == 0


GATE = RegionGate(shipped_path("trust", ".json"), shipped_path("regions", ".json"))


@pytest.mark.parametrize("bystander", [RED, BLUE])
def test_a_bystander_that_everybody_else_adds_is_kept_out(bystander: tuple[int, int, int]) -> None:
    """The networks agree with each other that it is salient, and trust believes them; motion does not."""
    scene, dancer, other = dancer_and_bystander(bystander)
    both = np.maximum(dancer, other)
    scene = replace(scene, fused=both, fused_without_target=both)
    undecided = np.full(4, 0.5, np.float32)
    shares = GATE.shares(scene, both, undecided)
    assert shares[other > 0].mean() < 0.25
    decision = GATE.decide(scene, both, Predictions(both, both))
    assert decision.maps[dancer > 0].min() > 0.9


def test_a_part_that_moves_along_is_taken_over() -> None:
    scene, dancer, _ = dancer_and_bystander()
    half = dancer.copy()
    half[:, :, :26] = 0
    scene = replace(scene, target=half)
    shares = GATE.shares(scene, dancer, np.full(4, 0.5, np.float32))
    inside = (dancer > 0) & (half == 0)
    assert shares[inside].mean() > 0.6


def test_along_its_track_a_thing_is_known_wherever_it_was_shown() -> None:
    """A disc that flow follows by 6 px a frame; the target shows it in the first frame alone."""
    discs = np.concatenate([circle(48, 26 + 6 * t, count=1) for t in range(4)])
    flow = np.zeros((3, SIZE, SIZE, 2), np.float32)
    flow[discs[:3] > 0, 0] = 6
    back = np.zeros_like(flow)
    back[discs[1:] > 0, 0] = -6
    frames = np.full((4, SIZE, SIZE, 3), GREY, np.uint8)
    scene = replace(
        scene_of(target=discs, motion=np.zeros((4, SIZE, SIZE, 2), np.float32), motion_maps=discs, frames=frames),
        links=link(flow, back),
    )
    once = discs.copy()
    once[1:] = 0
    pieces = figures(scene, once, discs)
    assert len(pieces) == 3
    assert pieces[0]["shown_by_first_on_its_track"] == pytest.approx(1 / (1 + 1 + 0.9), abs=0.03)
    assert pieces[2]["shown_by_first_on_its_track"] == pytest.approx(0.81 / (1 + 0.9 + 0.81), abs=0.03)
    assert pieces[1]["followed"] == pytest.approx(np.log10(1 + 1 + 0.9 + 1), abs=0.03)
    assert pieces[0]["second_is_steady"] > 0.9 > 0.5 > pieces[0]["first_is_steady"]


def test_a_whole_new_thing_needs_more_evidence_than_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    scene, dancer, other = dancer_and_bystander()
    both = np.maximum(dancer, other)
    undecided = np.full(4, 0.5, np.float32)
    monkeypatch.setattr(regions, "load_regions", lambda path: Certain())
    apart = GATE.shares(scene, both, undecided)[other > 0].mean()
    half = dancer.copy()
    half[:, :, :26] = 0
    part = GATE.shares(replace(scene, target=half), dancer, undecided)[(dancer > 0) & (half == 0)].mean()
    assert apart == pytest.approx(
        1 / (1 + np.exp(regions.ADVANTAGE + regions.APART - regions.EVIDENCE_WEIGHT)), abs=0.03
    )
    assert part == pytest.approx(1 / (1 + np.exp(regions.ADVANTAGE - regions.EVIDENCE_WEIGHT)), abs=0.03)


class Certain:
    """A model that says of every piece, at even log odds of one, that it is the object's."""

    def logit(self, figures: np.ndarray) -> np.ndarray:
        return np.ones(len(figures), np.float32)


def test_frames_that_show_the_same_get_the_same() -> None:
    scene, dancer, other = dancer_and_bystander()
    frames = scene.frames.copy()
    frames[2] = frames[1]
    boosted = np.stack([dancer[0], dancer[0], np.maximum(dancer, other)[0], dancer[0]])
    decision = GATE.decide(replace(scene, frames=frames), boosted, Predictions(boosted, boosted))
    assert (decision.maps[1] == decision.maps[2]).all()
    for values in (decision.trust, decision.target_trust, decision.weight, decision.trust_low, decision.doubt):
        assert values is not None
        assert (values[1] == values[2]).all()
    assert not (decision.maps[0] == decision.maps[2]).all()


def test_doubt_is_where_the_witnesses_contradict_each_other() -> None:
    scene, dancer, other = dancer_and_bystander()
    agreed = doubt(dancer, scene)
    apart = doubt(
        dancer, replace(scene, fused_without_target=np.maximum(dancer, other), target=np.maximum(dancer, other))
    )
    middle = np.s_[:, 44:52, 66:74]
    assert agreed[middle].max() < 0.05 < 0.5 < apart[middle].min()
    assert agreed[:, 48, 26].max() < 0.1 < 0.3 < agreed[:, 48, 40].min()  # the contour is never certain
    assert agreed.min() >= 0 and agreed.max() <= 1


def test_a_damaged_model_is_named(tmp_path: Path) -> None:
    file = tmp_path / "regions.json"
    file.write_text('{"features": ["other"], "out_bias": 0}')
    with pytest.raises(WeightsError, match=r"regions\.json.*features"):
        load_regions(file)
