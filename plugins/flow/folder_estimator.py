"""Flow read from a folder of files, by the names of the frames; what is missing may be computed and written."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from vsodboost.data.errors import InputError, PluginError
from vsodboost.data.types import Clip, FlowField, Frames
from vsodboost.registry.interfaces import FlowEstimator

from .flow_file import SUFFIXES, Flow, read_flow, resized_flow, write_flo
from .frame_pairs import check_frame_pairs, no_flow

BACKWARD = "backward"
INVERSION_STEPS = 8


class FlowFolder:
    """Flow from ``folder``; pairs without a file come from ``source``, where there is one, and are written."""

    def __init__(self, folder: Path, source: FlowEstimator | None = None) -> None:
        self._folder = folder
        self._source = source

    def estimate(self, first: Frames, second: Frames) -> FlowField:
        """Nothing can be looked up without frame names: PluginError."""
        raise PluginError(f"flow:{self._folder}: flow from files needs frame names; call estimate_named with clips")

    def estimate_named(self, first: Clip, second: Clip) -> FlowField:
        """Flow ``float32[N, H, W, 2]`` in px from frame n of ``first`` to frame n of ``second``.

        Without a source a missing backward flow is made by inverting the forward flow of the same two frames.

        Raises:
            InputError: a pair has no file (the message names it), or its file cannot be read.
        """
        count, height, width = check_frame_pairs(first.frames, second.frames)
        flow = no_flow(count, height, width)
        for n in range(count):
            found = self._find(first.video, first.names[n], second.names[n], second.first - first.first)
            if found is None:
                flow[n] = self._computed(first.part(n, n + 1), second.part(n, n + 1))
            else:
                flow[n] = resized_flow(found, height, width)
        return flow

    def _find(self, video: str, name: str, other: str, distance: int) -> Flow | None:
        stems = [f"{name}_{other}"]
        if distance == 1:
            stems.append(name)
        if distance == -1:
            stems.append(f"{BACKWARD}/{name}")
        for stem in stems:
            if (path := self._file(video, stem)) is not None:
                return read_flow(path)
        if distance < 0 and self._source is None:
            reverse = self._find(video, other, name, -distance)
            return None if reverse is None else inverted(reverse)
        return None

    def _file(self, video: str, stem: str) -> Path | None:
        for folder in (self._folder / video, self._folder):
            for suffix in SUFFIXES:
                if (path := folder / f"{stem}{suffix}").is_file():
                    return path
            if folder.is_dir():
                return None
        return None

    def _computed(self, first: Clip, second: Clip) -> Flow:
        name, other, distance = first.names[0], second.names[0], second.first - first.first
        stem = {1: name, -1: f"{BACKWARD}/{name}"}.get(distance, f"{name}_{other}")
        path = self._folder / first.video / f"{stem}.flo"
        if self._source is None:
            raise InputError(
                f"{path}: missing (flow from frame {name} to {other}); add it, or let --flow-option fill=dis compute it"
            )
        flow: Flow = self._source.estimate(first.frames, second.frames)[0]
        write_flo(path, flow)
        return flow


def inverted(flow: Flow) -> Flow:
    """Backward flow ``float32[H, W, 2]`` of a forward flow, by fixed-point iteration b(x) = -f(x + b(x)).

    Chen et al., "A simple fixed-point approach to invert a deformation field", Medical Physics 2008. What is covered or
    uncovered by motion has no inverse and gets the flow of what is beside it.
    """
    height, width = flow.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    back = -flow
    for _ in range(INVERSION_STEPS):
        seen = cv2.remap(flow, x + back[..., 0], y + back[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        back = -np.asarray(seen, np.float32)
    return back
