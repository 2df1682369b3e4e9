"""FS of a scene: the patches of its salient proposals, pasted."""

from __future__ import annotations

import numpy as np
from small_network import drawn_network
from small_plans import small_scene

from vsodboost.boosters.longterm.mining import MinedProposals
from vsodboost.boosters.longterm.saliency import PatchRefiner, frame_saliency, salient_rows
from vsodboost.boosters.longterm.settings import LongtermSettings


def test_most_leaves_doubles_out(mined: MinedProposals) -> None:
    frame = next(t for t in range(20) if mined.labels.label[2 * t] == 1)
    assert salient_rows(mined, frame, 0).tolist() == [2 * frame]
    assert salient_rows(mined, frame, 1).tolist() == [2 * frame]
    assert salient_rows(mined, 99, 0).tolist() == []


def test_fs_lies_where_the_salient_proposals_are(mined: MinedProposals) -> None:
    scene = small_scene(4, (32, 64))
    refiner = PatchRefiner(drawn_network())
    maps = frame_saliency(mined, scene, refiner, LongtermSettings(padding=0.0), np.arange(4))
    assert maps.shape == (4, 32, 64)
    assert maps[:, :, 24:].max() == 0
    assert maps[:, :8].max() == 0
    assert maps[:, 8:24, 8:24].max() > 0
    extra = frame_saliency(mined, scene, refiner, LongtermSettings(), np.arange(100, 104))
    assert extra.max() == 0
