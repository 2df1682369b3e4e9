"""Labels in: a folder of files, or masks in memory; what in them is salient, each in the light of its frame."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import InputError, UsageError
from vsodboost.io.colour_facts import luminance
from vsodboost.io.frame_copies import MEND, PaintedLabel, is_frame, painted
from vsodboost.io.map_folder import MapFolder
from vsodboost.io.mask_kind import Reading, decide
from vsodboost.io.mask_parts import CLEAR, OPAQUE, varies
from vsodboost.io.masks import MaskSequence, Plane, plane_of
from vsodboost.io.raw_image import RawImage, read_raw
from vsodboost.registry.checked_arrays import as_array


class LabelSource(Protocol):
    """Labels of videos, wherever they are: see ``LabelFolder`` and ``LabelArrays``."""

    def find(self, video: str, index: int, name: str) -> str | None:
        """Return what the label of a frame is called in messages, None where the frame has none.

        Raises:
            InputError: the video has no labels at all, or which label is whose cannot be known.
        """
        ...

    def read(self, video: str, index: int, name: str, frame: NDArray[np.uint8] | None = None) -> NDArray[np.float32]:
        """Return the label of a frame as ``float32[h, w]`` in [0, 1], at its own size; ``frame uint8[H, W, 3]`` RGB is
        wanted the first time. An all-black label says that nothing is salient.

        Raises:
            InputError: it cannot be read, or what it marks cannot be known.
        """
        ...

    def names(self, video: str) -> list[str]:
        """Return what all labels of the video are called. Raises InputError when there is none."""
        ...

    def notes(self, video: str) -> list[str]:
        """Return what the user should know of how the video's labels were read."""
        ...


def read_label(path: Path) -> NDArray[np.float32]:
    """Return a label file of no known video as ``float32[H, W]`` in [0, 1], at its own size.

    Raises:
        InputError: the file cannot be read, or holds neither a mask nor a map.
    """
    return salience_of(MaskSequence([path], "label").read(path))


def salience_of(label: Plane) -> NDArray[np.float32]:
    """Return a label as ``float32[H, W]`` in [0, 1]: soft edges stay soft, but in a JPEG, where they are ringing."""
    return label.above(128).astype(np.float32) if label.lossy else label.unit


class LabelFolder:
    """Labels at ``<root>/<video>/<frame>.png``, or at ``<root>/<frame>.png``; of all kinds that ``masks`` reads.

    An object may also be painted in one colour on a copy of its frame. Raises UsageError when there is no such folder.
    """

    def __init__(self, root: str | Path) -> None:
        self.folder = MapFolder(root, use="label")
        self._sequences: dict[str, MaskSequence] = {}
        self._painted: dict[Path, NDArray[np.bool_] | None] = {}
        """Labels that were compared with their frames, and what is painted on those that are copies."""

    def find(self, video: str, index: int, name: str) -> str | None:
        """See ``LabelSource``."""
        file = self.folder.file(video, name)
        return file.name if file is not None else None

    def read(self, video: str, index: int, name: str, frame: NDArray[np.uint8] | None = None) -> NDArray[np.float32]:
        """See ``LabelSource``."""
        file = self.folder.file(video, name)
        if file is None:
            raise InputError(f"no label for frame {name} of {video!r} in {self.folder.root}")
        if frame is not None and file not in self._painted:
            self._painted[file] = painted_on(read_raw(file), frame, f"the label {file}")
        marked = self._painted.get(file)
        if marked is not None:
            return marked.astype(np.float32)
        return salience_of(self._sequence(video).read(file))

    def names(self, video: str) -> list[str]:
        """See ``LabelSource``."""
        return [file.name for file in self.folder.files(video)]

    def notes(self, video: str) -> list[str]:
        """See ``LabelSource``."""
        sequence = self._sequences.get(video)
        return self.folder.notes(video) + list(sequence.notes if sequence is not None else ())

    def _sequence(self, video: str) -> MaskSequence:
        """The labels but those that are painted on frames, as one sequence."""
        if video not in self._sequences:
            found = self.folder.sequence(video).files
            drawn = [file for file in found if not is_picture(read_raw(file))]
            self._sequences[video] = MaskSequence(drawn or found, "label")
        return self._sequences[video]


class LabelArrays:
    """Labels in memory, of the frames with these indices, for one video.

    A label is ``bool[H, W]``, a float ``[H, W]`` in [0, 1], or of whole numbers of 8 or 16 bits, ``[H, W]``,
    ``[H, W, 3]`` RGB or ``[H, W, 4]`` RGBA, which are read as the same numbers in a file would be; of any size.

    Raises:
        UsageError: there is none, an index is no frame's, or a label is none of these.
    """

    def __init__(self, labels: Mapping[int, Any]) -> None:
        if not hasattr(labels, "items"):
            raise UsageError(
                f"labels: a {type(labels).__name__} says of no frame which it is; give {{frame index: mask}}"
            )
        if not labels:
            raise UsageError("labels={} has no label; give {frame index: mask}")
        self._masks: dict[int, NDArray[np.float32]] = {}
        self._images: dict[int, RawImage] = {}
        for key, value in labels.items():
            if isinstance(key, bool) or not isinstance(key, (int, np.integer)) or key < 0:
                raise UsageError(f"labels: {key!r} is no frame index; frames are counted from 0")
            self._add(int(key), as_array(value))
        self._reading: Reading | None = None
        self._painted: dict[int, NDArray[np.bool_] | None] = {}

    def find(self, video: str, index: int, name: str) -> str | None:
        """See ``LabelSource``."""
        return _called(index) if index in self._masks or index in self._images else None

    def read(self, video: str, index: int, name: str, frame: NDArray[np.uint8] | None = None) -> NDArray[np.float32]:
        """See ``LabelSource``."""
        if index in self._masks:
            return self._masks[index]
        image = self._images[index]
        if frame is not None and index not in self._painted:
            self._painted[index] = painted_on(image, frame, _called(index))
        marked = self._painted.get(index)
        if marked is not None:
            return marked.astype(np.float32)
        if self._reading is None:
            images = [image for image in self._images.values() if not is_picture(image)]
            self._reading = decide(images or [image], "label", "labels")
        return salience_of(plane_of(image, self._reading))

    def names(self, video: str) -> list[str]:
        """See ``LabelSource``."""
        return [_called(index) for index in sorted([*self._masks, *self._images])]

    def notes(self, video: str) -> list[str]:
        """See ``LabelSource``."""
        return list(self._reading.notes) if self._reading is not None else []

    def _add(self, index: int, label: NDArray[Any]) -> None:
        shape = label.shape
        if label.dtype == bool and label.ndim == 2 and label.size:
            self._masks[index] = label.astype(np.float32)
        elif np.issubdtype(label.dtype, np.floating) and label.ndim == 2 and label.size:
            if not (label.min() >= 0 and label.max() <= 1):  # false for NaN, too
                raise UsageError(f"{_called(index)} is not in [0, 1]; scale it, or give uint8")
            self._masks[index] = label.astype(np.float32)
        elif _is_image(label):
            whole = np.ascontiguousarray(label, np.uint8 if label.max() < 256 else np.uint16)
            alpha = whole[..., 3].copy() if shape[2:] == (4,) else None
            pixels = whole[..., :3].copy() if label.ndim == 3 else whole
            self._images[index] = RawImage(Path(_called(index)), pixels, None, alpha)
        else:
            raise UsageError(
                f"{_called(index)} is {label.dtype}{list(shape)}; a label is bool, float in [0, 1] or uint8 [H, W]"
            )


def is_picture(image: RawImage) -> bool:
    """Whether an image may only be a label by what is painted on it: it is no drawing by itself."""
    try:
        decide([image], "label", "")
    except InputError:
        return True
    return False


def painted_on(image: RawImage, frame: NDArray[np.uint8], called: str) -> NDArray[np.bool_] | None:
    """Return what is painted on a copy of a frame ``uint8[H, W, 3]``, ``bool[H, W]``; None for a label by itself.

    Raises:
        InputError: it is the frame with nothing drawn on it, or what is drawn on it cannot be known.
    """
    shown = image.coloured()
    if shown.alpha is not None and varies(shown.alpha):
        return None
    pixels, there = shown.pixels, frame
    if pixels.dtype != np.uint8 or ((pixels <= CLEAR) | (pixels >= OPAQUE)).mean() > 0.99:  # black and white
        return None
    if not shown.is_colour:
        pixels, there = (np.repeat(grey[..., None], 3, axis=2) for grey in (shown.pixels, luminance(frame)))
    try:
        marked = painted(pixels, there)
    except PaintedLabel as reason:
        raise InputError(f"{called}: {reason}; {MEND}, or remove it") from None
    if marked is None and is_frame(shown.pixels, frame):
        raise InputError(f"{called} is its frame, with nothing drawn on it that is known; {MEND}, or remove it")
    return marked


def _is_image(label: NDArray[Any]) -> bool:
    shaped = label.ndim == 2 or (label.ndim == 3 and label.shape[2] in (3, 4))
    whole = np.issubdtype(label.dtype, np.integer) and label.size > 0
    return shaped and whole and int(label.min()) >= 0 and int(label.max()) < 1 << 16


def _called(index: int) -> str:
    return f"labels[{index}]"
