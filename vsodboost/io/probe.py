"""What a source is, without decoding it: for ``--dry-run``."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from vsodboost.data.video import UnreadableSource, VideoSource, notes_of


@runtime_checkable
class _Sized(Protocol):
    @property
    def size(self) -> tuple[int, int] | None: ...


def describe(source: VideoSource) -> dict[str, Any]:
    """``name``, ``path``, ``frames`` (announced, or None), ``width`` and ``height`` in px (or None), ``fps``.

    ``notes`` are there when there are some: which of several streams is taken, say. At most one frame is decoded. A
    generator of frames is left untouched, so its size is None.

    Raises:
        InputError: the source cannot be read.
    """
    if isinstance(source, UnreadableSource):
        raise source.error
    size = source.size if isinstance(source, _Sized) else None
    notes = notes_of(source)
    return {
        "name": source.name,
        "path": str(source.path),
        "frames": source.length,
        "width": size[1] if size else None,
        "height": size[0] if size else None,
        "fps": source.fps,
        **({"notes": list(notes)} if notes else {}),
    }
