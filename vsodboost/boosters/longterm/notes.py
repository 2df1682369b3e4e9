"""Why what was mined was mined: clusters, iterations, boxes and keyframes as JSON values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.longterm.knowledge import MinedProposals
from vsodboost.boosters.longterm.mining import BACKGROUND, SALIENT
from vsodboost.data.scene import Scene
from vsodboost.data.types import PerFrame

KINDS = {SALIENT: "salient", BACKGROUND: "background"}


def notes_on_video(known: MinedProposals) -> dict[str, Any]:
    """The same for every buffer of a video: its clusters, and how the two sets grew."""
    members = np.bincount(known.clusters.labels, minlength=known.clusters.count)
    order = np.argsort(-known.cluster_motion, kind="stable")
    return {
        "proposals": len(known.pool),
        "clusters": [
            {
                "cluster": int(k),
                "proposals": int(members[k]),
                "motion": round(float(known.cluster_motion[k]), 4),
                "salient": bool(k in known.salient),
            }
            for k in order
        ],
        "iterations": [
            {"iteration": turn, "salient": positive, "background": negative}
            for turn, (positive, negative) in enumerate(known.labels.growth)
        ],
    }


def notes_on_boxes(known: MinedProposals, scene: Scene) -> list[dict[str, Any]]:
    """Every proposal of the scene: where it is, its cluster, what became of it and in which iteration (0: trusted from
    the start, None: never)."""
    pool, labels = known.pool, known.labels
    return [
        {
            "frame": int(pool.frame[row]) - scene.first,
            "box": [round(float(side), 1) for side in pool.boxes[row]],
            "kind": KINDS.get(int(labels.label[row]), "undecided"),
            "iteration": int(labels.iteration[row]) if labels.iteration[row] >= 0 else None,
            "cluster": int(known.clusters.labels[row]),
            "motion": round(float(pool.motion[row]), 4),
            "probability": round(float(labels.probability[row]), 4),
        }
        for row in pool.rows(scene.first, len(scene))
    ]


def notes_on_keyframes(scene: Scene, chosen: NDArray[np.int64], agreement: PerFrame) -> list[dict[str, Any]]:
    """The keyframes by name, and how far FS and motion saliency agree on each."""
    return [{"frame": scene.names[t], "agreement": round(float(agreement[t]), 4)} for t in chosen]
