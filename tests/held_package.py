"""A stranger's package for runs that take no time: a target that can be held in the middle, a booster that mines
nothing."""

from __future__ import annotations

HELD = """
import pathlib, time
import numpy as np
import vsodboost
from vsodboost.data.scene import Mined

class Bright:
    def predict(self, clip):
        return clip.frames.mean(axis=-1) / 255

class Held(Bright):
    def predict(self, clip):
        if clip.first >= 2:
            pathlib.Path("waiting").touch()
            while not pathlib.Path("go").exists():
                time.sleep(0.02)
        return super().predict(clip)

class Idle:
    def mine(self, scene):
        height, width = scene.frames.shape[1:3]
        return Mined(np.zeros(0, np.int64), np.zeros((0, height, width), np.float32), np.zeros(0, np.float32))

@vsodboost.hookimpl
def vsodboost_register_targets(register):
    register("bright", lambda request: Bright(), vsodboost.TargetCard("mean of the colours"))
    register("held", lambda request: Held(), vsodboost.TargetCard("waits at the third frame until 'go' is there"))

@vsodboost.hookimpl
def vsodboost_register_boosters(register):
    register("idle", lambda request: Idle(), vsodboost.BoosterCard("mines nothing"))
"""
QUICK = ("--booster", "idle", "--motion", "camera", "--steps", "1", "--device", "cpu", "--buffer", "2", "--quiet")
