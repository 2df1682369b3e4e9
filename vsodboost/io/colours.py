"""From a decoded frame to RGB as a player shows it: HD that does not say its colours, and HDR on an ordinary screen.

FFmpeg converts what does not say its colours by the matrix of SD (BT.601), and gives HDR's code values as they are,
grey and pale. Players do neither, and what is written beside the source must have its colours.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

UNSPECIFIED = 2
"""FFmpeg's number of a matrix, of primaries and of a transfer that the file does not say."""
BT709, BT2020 = 1, 9
"""FFmpeg's numbers of matrices and primaries; swscale's of matrices are the same."""
HDR = {16: "PQ", 18: "HLG"}
"""FFmpeg's numbers of the transfers of BT.2100."""
SD_HEIGHT, HD_WIDTH = 576, 1280
"""px; what is higher or as wide is HD, whose matrix is BT.709 where nothing is said (as in mpv)."""

WHITE = 203.0
"""cd/m2 of white in HDR that is no highlight (BT.2408); it becomes nearly white here, highlights what is above."""
HLG_PEAK = 1000.0
"""cd/m2 of the display for which HLG is meant, whose system gamma is 1.2 (BT.2100)."""
KNEE = 0.8
"""Light, as a share of white, from which on highlights are compressed."""
LUMINANCE = (0.2627, 0.6780, 0.0593)
"""Weights of BT.2020's primaries."""
TO_BT709 = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32)
"""Linear light by BT.2020's primaries to BT.709's (BT.2407)."""
BAND = 64
"""Rows that are converted at a time."""
CODES = 4096
"""Code values that are told apart; HDR has 10 or 12 bits."""


def hdr_kind(frame: Any) -> str | None:
    """Return ``PQ`` or ``HLG`` where that is the transfer of a PyAV frame, else None (also where PyAV cannot tell)."""
    return HDR.get(int(getattr(frame, "color_trc", UNSPECIFIED)))


def rgb_of(frame: Any) -> NDArray[np.uint8]:
    """Return a PyAV frame as ``uint8[H, W, 3]`` RGB with BT.709's primaries, as stored (not turned)."""
    if hdr_kind(frame) is None:
        image: NDArray[np.uint8] = frame.to_ndarray(format="rgb24", **_matrix(frame))
        return image
    matrix = {"src_colorspace": BT2020} if _says_nothing(frame) else {}
    codes: NDArray[np.uint16] = frame.to_ndarray(format="rgb48le", **matrix)
    wide = int(getattr(frame, "color_primaries", UNSPECIFIED)) in (UNSPECIFIED, BT2020)
    return sdr(codes, hdr_kind(frame) or "", wide=wide)


def _says_nothing(frame: Any) -> bool:
    return int(getattr(frame, "colorspace", UNSPECIFIED)) == UNSPECIFIED and not frame.format.is_rgb


def _matrix(frame: Any) -> dict[str, int]:
    is_hd = frame.height > SD_HEIGHT or frame.width >= HD_WIDTH
    return {"src_colorspace": BT709} if is_hd and _says_nothing(frame) else {}


def sdr(codes: NDArray[np.uint16], kind: str, *, wide: bool = True) -> NDArray[np.uint8]:
    """Return HDR ``codes uint16[H, W, 3]`` (RGB, 0 to 65535, transfer ``PQ`` or ``HLG``) for a BT.1886 screen.

    Light by BT.2100, 203 cd/m2 as white (BT.2408), BT.2020's primaries to BT.709's where they are ``wide``, highlights
    above ``KNEE`` compressed by one factor for all three channels, so that hues stay, and gamma 2.4.
    """
    image = np.empty(codes.shape, np.uint8)
    for top in range(0, len(codes), BAND):  # a whole 4K frame would take half a gigabyte of floats
        image[top : top + BAND] = _band(codes[top : top + BAND], kind, wide)
    return image


def _band(codes: NDArray[np.uint16], kind: str, wide: bool) -> NDArray[np.uint8]:
    light = _light(kind)[codes >> 4]
    if kind == "HLG":  # the display's part: brighter scenes are shown with more contrast
        luminance = np.maximum(cv2.transform(light, np.array([LUMINANCE], np.float32)), 1e-6)
        light *= (cv2.pow(luminance, 0.2) * np.float32(HLG_PEAK / WHITE))[..., None]
    if wide:
        light = np.maximum(cv2.transform(light, TO_BT709), 0)
    peak = light.max(axis=2, keepdims=True)
    over = np.maximum(peak - KNEE, 0)
    light *= (np.minimum(peak, KNEE) + (1 - KNEE) * over / (over + 1 - KNEE)) / np.maximum(peak, 1e-6)
    return np.asarray(_gamma()[np.rint(np.minimum(light, 1) * 65535).astype(np.uint16)])


@cache
def _light(kind: str) -> NDArray[np.float32]:
    """Light of each code: for PQ as a share of white, for HLG of the scene in [0, 1] (BT.2100, tables 4 and 5)."""
    code = np.arange(CODES) / (CODES - 1)
    if kind == "PQ":
        root = code ** (32 / 2523)
        light = (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (8192 / 1305) * 10000 / WHITE
    else:
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        light = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    return light.astype(np.float32)


@cache
def _gamma() -> NDArray[np.uint8]:
    """The 8-bit value of each of 65536 steps of light."""
    return np.rint(255 * (np.arange(65536) / 65535) ** (1 / 2.4)).astype(np.uint8)
