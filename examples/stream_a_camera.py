"""Boost frames as they come, from a generator of any length; at most 100 of them are held."""

import sys
from collections.abc import Iterator

import cv2
import numpy as np

import vsodboost


def camera(source: str) -> Iterator[np.ndarray]:
    """RGB frames of a camera (``0``) or file, one by one."""
    capture = cv2.VideoCapture(int(source) if source.isdecimal() else source)
    while True:
        there, frame = capture.read()
        if not there:
            return
        yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)


for frame in vsodboost.stream(camera(sys.argv[1]), target="lite", buffer=50):
    print(frame.name, f"trust {frame.trust:.2f}", f"{(frame.map > 0.5).mean():.1%} salient", frame.flag)
