"""A whole video's result, as the Python API returns it."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.arguments import flag, path, refusal, whole
from vsodboost.data.boosted import BoostedBuffer, BoostedFrame
from vsodboost.data.errors import UsageError
from vsodboost.data.rows import Rows
from vsodboost.data.texts import rise
from vsodboost.data.types import Frames, Maps, PerFrame
from vsodboost.io.array_source import ArraySource
from vsodboost.ops.hard_mask import Hardening
from vsodboost.ops.resize import resized
from vsodboost.writers.maps import map_to_uint8, write_map
from vsodboost.writers.shape import Shape
from vsodboost.writers.table import FramesTable, frame_row

NOT_A_ROW = {"whole": True}
THUMBNAIL = 120
"""px; the long side of the frames that are kept to be shown."""
SHOWN = 6
"""Frames of a strip."""


@dataclass(frozen=True, repr=False)
class FrameResults(Rows):
    """What is known of T frames: ``maps`` float32[T, H, W] in [0, 1], the target's own in ``target_maps``, how unsure
    each pixel is in ``doubt`` float32[T, h, w] at the working size, and a value a frame of everything else (see
    ``BoostedFrame``). What the decision does not say is None; where the target has no map, ``target_trust`` is NaN."""

    names: tuple[str, ...]
    maps: Maps
    target_maps: Maps
    trust: PerFrame
    target_trust: PerFrame
    mined: NDArray[np.bool_]
    quality: PerFrame
    consistency: PerFrame
    flags: tuple[str, ...]
    thumbnails: Frames | None = None
    """The frames, small, ``uint8[T, h, w, 3]``: for a notebook to show."""
    doubt: Maps | None = None
    trust_low: PerFrame | None = None
    trust_high: PerFrame | None = None

    @classmethod
    def of(cls, buffer: BoostedBuffer) -> FrameResults:
        """Return what is to be kept of a buffer; nothing else of it stays in memory."""
        scene, decision = buffer.scene, buffer.decision
        return cls(
            names=scene.names,
            maps=buffer.maps,
            target_maps=buffer.target,
            trust=decision.trust,
            target_trust=decision.target_trust,
            mined=np.isin(np.arange(len(buffer)), buffer.mined.indices),
            quality=scene.quality,
            consistency=scene.consistency,
            flags=decision.flags,
            thumbnails=_small(buffer.frames),
            doubt=decision.doubt,
            trust_low=decision.trust_low,
            trust_high=decision.trust_high,
        )

    def __len__(self) -> int:
        return len(self.names)

    def frames(self) -> Iterator[BoostedFrame]:
        """Yield the frames one by one."""
        for t, name in enumerate(self.names):
            yield BoostedFrame(
                name=name,
                index=t,
                map=self.maps[t],
                trust=float(self.trust[t]),
                target_trust=float(self.target_trust[t]),
                mined=bool(self.mined[t]),
                quality=float(self.quality[t]),
                consistency=float(self.consistency[t]),
                flag=self.flags[t],
                trust_low=None if self.trust_low is None else float(self.trust_low[t]),
                trust_high=None if self.trust_high is None else float(self.trust_high[t]),
            )


@dataclass(frozen=True, repr=False)
class Result(FrameResults):
    """A whole video's result. Beside what ``FrameResults`` says of each frame: ``mining`` holds each buffer's notes,
    ``seconds`` the time by stage, ``cuts`` the frames that begin a new shot."""

    mining: tuple[dict[str, Any], ...] = field(default=(), metadata=NOT_A_ROW)
    seconds: dict[str, float] = field(default_factory=dict, metadata=NOT_A_ROW)
    cuts: tuple[int, ...] = field(default=(), metadata=NOT_A_ROW)

    def save(self, folder: str | Path) -> Path:
        """Write what ``vsodboost wrap`` writes of a video, but ``run.json``: ``<folder>/<frame>.png``, 8-bit grey, and
        ``frames.csv``. Returns the folder.

            >>> folder = result.save("out/clip")
            >>> sorted(path.name for path in folder.iterdir())
            ['00000.png', '00001.png', '00002.png', 'frames.csv']

        Raises:
            UsageError: ``folder`` is no path.
            InputError: a frame's name cannot be a file name.
            VsodboostError: a file cannot be written.
        """
        where = path("folder", folder).expanduser()
        with FramesTable(where / "frames.csv") as table:
            for frame in self.frames():
                write_map(where, frame.name, frame.map)
                table.add(frame_row(frame))
        return where

    def cutout(
        self,
        frames: Iterable[NDArray[np.uint8]],
        *,
        solid: bool = False,
        largest: int | None = None,
        keep_thin: bool = False,
    ) -> NDArray[np.uint8]:
        """Return the object of every frame, ``uint8[T, H, W, 4]``, RGB with straight alpha, edges freed of the old
        background. ``frames`` are the video's, ``uint8[T, H, W, 3]`` or one after the other; by default alpha is the
        map, with ``solid``, ``largest`` or ``keep_thin`` a mask (``ops.hard_mask.Hardening``).

            >>> rgba = result.cutout(frames, largest=1)
            >>> rgba.shape, rgba[0, 0, 0].tolist()  # the object is elsewhere
            ((3, 48, 64, 4), [0, 0, 0, 0])

        Raises:
            UsageError: the frames are not as many as the maps, or of another size; an option has no such value.
            InputError: a frame is not ``uint8[H, W, 3]``.
        """
        if isinstance(frames, (str, PathLike)) or not hasattr(frames, "__iter__"):
            raise refusal("frames", frames, "the video's frames, uint8[T, H, W, 3], and no file")
        solid, keep_thin = flag("solid", solid), flag("keep_thin", keep_thin)
        largest = None if largest is None else whole("largest", largest)
        clean = solid or keep_thin or largest is not None
        shape = Shape(Hardening(clean, largest, keep_thin), hard=clean)
        cut = np.zeros((*self.maps.shape, 4), np.uint8)
        count = 0
        for count, frame in enumerate(ArraySource(frames, "frames").frames(), 1):
            image = frame.image
            if count > len(self) or image.shape != (*self.maps.shape[1:], 3):
                wanted = [len(self), *self.maps.shape[1:], 3]
                raise UsageError(f"frame {count - 1} is {list(image.shape)}; the frames of this result are {wanted}")
            cut[count - 1] = shape.cut_out(image, self.maps[count - 1])
        if count != len(self):
            raise UsageError(f"there are {count} frames for {len(self)} maps")
        return cut

    def _repr_html_(self) -> str:
        """Return what a notebook shows: a few frames, the target's maps and the boosted ones below each other.

        >>> result
        Result(3 frames of 64x48, 1 mined, trust 0.60 -> 0.80)
        >>> result._repr_html_()[:60]
        '<p>Result(3 frames of 64x48, 1 mined, trust 0.60 -&gt; 0.80)'
        """
        return strip(self)

    def __repr__(self) -> str:
        height, width = self.maps.shape[1:]
        known = self.target_trust[~np.isnan(self.target_trust)]
        trust = rise(float(known.mean()) if len(known) else None, float(self.trust.mean()))
        return f"Result({len(self)} frames of {width}x{height}, {int(self.mined.sum())} mined, trust {trust})"


def _small(frames: Frames) -> Frames:
    """Frames ``uint8[T, H, W, 3]`` whose long side is at most ``THUMBNAIL`` px."""
    height, width = frames.shape[1:3]
    share = min(1.0, THUMBNAIL / max(height, width))
    return resized(frames, (max(1, round(height * share)), max(1, round(width * share))), cv2.INTER_AREA)


def strip(result: FrameResults) -> str:
    """Return HTML with a few frames, the target's maps and the boosted ones, as one picture inside the text."""
    chosen = np.linspace(0, len(result) - 1, min(SHOWN, len(result))).round().astype(int)
    thumbnails = result.thumbnails
    height, width = _small(np.zeros((1, *result.maps.shape[1:], 3), np.uint8)).shape[1:3]
    rows = [] if thumbnails is None else [np.hstack([thumbnails[t] for t in chosen])]
    for maps in (result.target_maps, result.maps):
        grey = [cv2.resize(map_to_uint8(maps[t]), (width, height), interpolation=cv2.INTER_AREA) for t in chosen]
        rows.append(cv2.cvtColor(np.hstack(grey), cv2.COLOR_GRAY2RGB))
    picture = np.ascontiguousarray(np.vstack(rows)[:, :, ::-1])
    data = base64.b64encode(cv2.imencode(".png", picture)[1].tobytes()).decode()
    words = html.escape(repr(result))
    return f'<p>{words}</p><img alt="frames, target, boosted: {words}" src="data:image/png;base64,{data}">'
