"""A booster: the frames that move best teach, as far as the largest proposal reaches."""

from __future__ import annotations

from typing import Any

import vsodboost


class InTheBox(vsodboost.Booster):
    """Learns from frames of at least median motion quality; pseudo truth is the fused map within the first box."""

    def setup(self, context: vsodboost.Context) -> vsodboost.Overrides:
        """Work at the frames' own size, and ask for the run's detector."""
        self.detector = context.detector()
        return vsodboost.Overrides(working=lambda size: (size[0] // 32 * 32, size[1] // 32 * 32))

    def mine(self, scene: vsodboost.Scene) -> vsodboost.Mined:
        """Choose frames and cut their maps to the box."""
        import numpy as np

        chosen = np.flatnonzero(~scene.static & (scene.quality >= np.median(scene.quality)))
        truth, notes = [], []
        for t, found in zip(chosen, self.detector.detect(scene.frames[chosen]), strict=True):
            inside = np.zeros_like(scene.fused[t])
            for box in found.boxes[:1].astype(int).tolist():
                inside[box[1] : box[3], box[0] : box[2]] = 1
                notes.append({"frame": int(t), "box": box, "kind": "salient"})
            truth.append(scene.fused[t] * inside)
        if not truth:
            return vsodboost.Mined.nothing(scene, reason="nothing moves")
        weights = np.ones(len(chosen), np.float32)
        return vsodboost.Mined(chosen, np.stack(truth), weights, {"boxes": notes})


@vsodboost.hookimpl
def vsodboost_register_boosters(register: Any) -> None:
    """``--booster in-the-box``."""
    register("in-the-box", lambda request: InTheBox(), vsodboost.BoosterCard("what moves within the first proposal"))
