"""The labelled frames of a video. They are few, so they stay in memory while the rest of the video streams past."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.boosters.labels.reading import LabelSource
from vsodboost.data.errors import InputError
from vsodboost.data.video import VideoSource
from vsodboost.io.buffers import LIMIT, buffers
from vsodboost.io.proportions import check_proportions
from vsodboost.ops.resize import resize_frames, working_size
from vsodboost.perception.shots import CutDetector


@dataclass(frozen=True)
class LabelledFrame:
    """Frame ``index`` of its video at the working size: ``frame uint8[h, w, 3]``, ``mask uint8[h, w]`` (255: salient).

    ``called`` is what messages call the label.
    """

    index: int
    name: str
    frame: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    called: str

    @property
    def map(self) -> NDArray[np.float32]:
        """The label as ``float32[h, w]`` in [0, 1] at the working size."""
        return np.asarray(self.mask / 255, np.float32)


@dataclass(frozen=True)
class VideoLabels:
    """The labelled ``frames`` of one video in order, and the ``cuts``: indices of the frames that begin a new shot.

    ``unmatched`` are labels that belong to no frame, ``notes`` what the user should know of how labels were read.
    """

    frames: tuple[LabelledFrame, ...]
    cuts: tuple[int, ...]
    unmatched: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def shot(self, index: int) -> int:
        """Number of the shot that frame ``index`` lies in."""
        return bisect_right(self.cuts, index)

    def neighbours(self, index: int) -> tuple[LabelledFrame | None, LabelledFrame | None]:
        """The nearest labelled frames at or before, and after, frame ``index``, within its shot."""
        at = bisect_right(self.indices, index)
        before = self.frames[at - 1] if at > 0 else None
        after = self.frames[at] if at < len(self.frames) else None
        shot = self.shot(index)
        return (
            before if before is not None and self.shot(before.index) == shot else None,
            after if after is not None and self.shot(after.index) == shot else None,
        )

    def others(self, index: int) -> tuple[LabelledFrame | None, LabelledFrame | None]:
        """The nearest labelled frames before and after frame ``index``, within its shot; never itself."""
        before, after = self.neighbours(index)
        if before is not None and before.index == index:
            before = self.neighbours(index - 1)[0] if self.shot(index - 1) == self.shot(index) else None
        return before, after

    def is_between(self, index: int, count: int) -> bool:
        """Whether frame ``index`` is one of the ``count`` evenly spaced frames between two labelled ones of its shot.

        The paper's positions: every floor(l / (count + 1)) frames, l being the distance of the two.
        """
        before, after = self.neighbours(index)
        if before is None or after is None or before.index == index:
            return False
        step = max(1, (after.index - before.index) // (count + 1))
        place, rest = divmod(index - before.index, step)
        return rest == 0 and place <= count

    def near(self, first: int, stop: int, count: int) -> list[LabelledFrame]:
        """Up to ``count`` labelled frames on either side of the frames from ``first`` to ``stop`` (half-open)."""
        before = [f for f in self.frames if f.index < first][-count:] if count else []
        return before + [f for f in self.frames if f.index >= stop][:count]

    @property
    def indices(self) -> Sequence[int]:
        """Indices of the labelled frames."""
        return [frame.index for frame in self.frames]


def read_video_labels(
    source: VideoSource,
    labels: LabelSource,
    limit: int = LIMIT,
    working: Callable[[tuple[int, int]], tuple[int, int]] = working_size,
) -> VideoLabels:
    """Read the video once: its labelled frames, and its cuts as the engine finds them with buffers of ``limit`` frames.

    ``working`` gives the size (h, w) to keep them at, from that of the source.

    Raises:
        InputError: no label belongs to any frame of this video, or a frame or label cannot be read.
    """
    given = labels.names(source.name)
    detector = CutDetector()
    found: list[LabelledFrame] = []
    cuts: list[int] = []
    notes: list[str] = []
    first_name, count = "", 0
    for clip in buffers(source, limit):
        cuts += [clip.first + cut for cut in detector.cuts(clip.frames)]
        size = working(clip.size)
        for t, name in enumerate(clip.names):
            called = labels.find(source.name, clip.first + t, name)
            if called is not None:
                label = labels.read(source.name, clip.first + t, name, clip.frames[t])
                note = check_proportions(label.shape, clip.size, f"the label {called}")
                notes += [note] if note and not notes else []
                frame = resize_frames(clip.frames[t : t + 1], size)[0]
                found.append(LabelledFrame(clip.first + t, name, frame, mask_at(label, size), called))
        first_name, count = first_name or clip.names[0], count + len(clip)
    if not found:
        raise InputError(
            f"no label belongs to a frame of {source.name!r}: frames are named {first_name} and so on, "
            f"labels {given[0]} and so on; rename the labels after their frames"
        )
    used = {frame.called for frame in found}
    if not any(frame.mask.any() for frame in found):
        notes.append(f"the labels ({', '.join(sorted(used)[:3])}) are empty: they say that nothing is salient")
    return VideoLabels(
        tuple(found),
        tuple(c for c in cuts if 0 < c < count),
        tuple(name for name in given if name not in used),
        (*labels.notes(source.name), *notes),
    )


def mask_at(label: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A label ``float32[H, W]`` in [0, 1] at ``size`` (h, w), as ``uint8``; its edges become soft."""
    if label.shape != size:
        how = cv2.INTER_AREA if label.shape[0] > size[0] else cv2.INTER_LINEAR
        label = cv2.resize(label, size[::-1], interpolation=how)
    return np.rint(np.clip(label, 0, 1) * 255).astype(np.uint8)
