"""Which frames to paint next, from a report: the same choice as ``labels suggest``, with thumbnails as looks."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from vsodboost.boosters.labels.suggesting import looks_of, suggest


def suggestions(data: Mapping[str, Any], labelled: Sequence[int], count: int = 5) -> list[dict[str, Any]]:
    """Return up to ``count`` frames whose labels would help most, the best first: ``index``, ``gain`` (the share of all
    doubt that its label settles) and ``trust``.

    Args:
        data: a report's data; a frame without a thumbnail looks like the nearest one with.
        labelled: frames that have a label already.
        count: how many are wanted.
    """
    trust = np.array([value or 0.0 for value in data["columns"].get("trust", [])], np.float32)
    if not trust.size or not data["thumbs"]:
        return []
    indices = np.array([thumb["index"] for thumb in data["thumbs"]])
    looks = np.concatenate([looks_of(_frame(thumb["frame"])[None]) for thumb in data["thumbs"]])
    nearest = np.abs(np.arange(len(trust))[:, None] - indices[None]).argmin(axis=1)
    found = suggest(trust, looks[nearest], data["cuts"], count, labelled)
    return [{"index": s.index, "gain": round(s.gain, 4), "trust": round(s.trust, 4)} for s in found]


def _frame(uri: str) -> Any:
    with Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])), formats=["WEBP"]) as image:
        return np.asarray(image.convert("RGB"))
