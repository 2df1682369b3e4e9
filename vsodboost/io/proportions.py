"""Maps and labels whose proportions are not the frame's."""

from __future__ import annotations

from vsodboost.data.errors import InputError

APART = 0.03
"""Difference of two aspect ratios, as a share, from which on it is no rounding."""
Size = tuple[int, int]
"""(H, W) in px."""


def check_proportions(given: Size, frame: Size, what: str) -> str:
    """Compare the sizes of a map and of its frame; ``what`` is what messages call the map.

    Returns:
        A note for the user where the aspect ratio is another one, so that the map is stretched; else nothing.

    Raises:
        InputError: one is upright and the other is not, as when a video's rotation was not heeded.
    """
    (h, w), (frame_h, frame_w) = given, frame
    share = w * frame_h / (h * frame_w)
    if abs(share - 1) <= APART:
        return ""
    sizes = f"{w}x{h}, the frame {frame_w}x{frame_h}"
    turned = (w - h) * (frame_w - frame_h) < 0 and abs(w / h - 1) > APART and abs(frame_w / frame_h - 1) > APART
    if turned:
        raise InputError(f"{what} is {sizes}: of the other orientation; turn it as the frames are shown")
    return f"{what} is {sizes}: of another aspect ratio, so it is stretched to the frame's"
