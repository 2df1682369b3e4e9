"""Predictions put together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_scenes import disc, scene_of

from vsodboost.data.predictions import Predictions
from vsodboost.decision.fusion import fuse
from vsodboost.ops.sharpen import sharpen
from vsodboost.perception.links import link


def test_sharpening_keeps_nothing_half_and_all() -> None:
    assert sharpen(np.array([[[0, 0.5, 1]]], np.float32))[0, 0] == pytest.approx([0, 0.5, 1], abs=1e-6)
    quarter, more = sharpen(np.array([[[0.25, 0.75]]], np.float32))[0, 0]
    assert quarter == pytest.approx(1 - more, abs=1e-6)
    assert quarter == pytest.approx(0.5 - 0.5 * np.tanh(0.75) / np.tanh(1.5), abs=1e-6)  # steepness 6


def test_what_all_say_stays_and_what_one_frame_says_fades() -> None:
    here = disc(5, 16, 16)
    scene = scene_of(target=here, motion_maps=here, fused=here)
    flow = np.zeros((4, *here.shape[1:], 2), np.float32)
    linked = replace(scene, links=link(flow, flow))
    flicker = here.copy()
    flicker[2] = 0
    agreed = fuse(linked, Predictions(here, here))
    assert np.abs(agreed - sharpen(here)).max() < 1e-3
    steady, unsteady = (fuse(s, Predictions(flicker, flicker)) for s in (linked, scene))
    assert np.abs(steady[2] - here[2]).mean() < 0.7 * np.abs(unsteady[2] - here[2]).mean()
