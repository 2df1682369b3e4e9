"""``report.json``: everything a report is drawn from, documented in docs/report.md."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vsodboost.version import __version__
from vsodboost.writers.report.pictures import data_uri

SCHEMA = 1
"""Raised when a reader of the former kind would be misled."""
COLUMNS = ("trust", "trust_low", "trust_high", "target_trust", "quality", "consistency", "change", "area")
"""Numbers of every frame; one that nobody knows is left out as a whole."""
LIMIT = 14_000_000
"""Bytes of a report at most; of a video of ``SHORT`` frames ``SHORT_LIMIT``."""
SHORT, SHORT_LIMIT = 100, 4_500_000

Pictures = Mapping[str, bytes]
"""WebP by kind."""


@dataclass
class FrameColumns:
    """What is known of every frame, a list a column; small enough for hours of film."""

    names: list[str] = field(default_factory=list)
    numbers: dict[str, list[float | None]] = field(default_factory=dict)
    mined: list[int] = field(default_factory=list)
    flags: dict[str, list[int]] = field(default_factory=dict)
    times: list[float | None] = field(default_factory=list)

    def add(
        self,
        name: str,
        numbers: Mapping[str, float | None],
        *,
        mined: bool,
        flag: str,
        time: float | None = None,
    ) -> None:
        """Append a frame. ``numbers`` are values by ``COLUMNS``."""
        index = len(self.names)
        self.names.append(name)
        self.times.append(time)
        for key, value in numbers.items():
            self.numbers.setdefault(key, [None] * index).append(value)
        if mined:
            self.mined.append(index)
        if flag:
            self.flags.setdefault(flag, []).append(index)

    def as_dict(self) -> dict[str, Any]:
        """Return the part of ``report.json`` about frames."""
        numbers = {key: [rounded(v, 4) for v in values] for key, values in self.numbers.items()}
        return {
            "count": len(self.names),
            "names": self.names,
            "columns": {k: v for k, v in numbers.items() if any(value is not None for value in v)},
            "mined": self.mined,
            "flags": self.flags,
            "times": [rounded(t, 4) for t in self.times] if any(t is not None for t in self.times) else None,
        }


def rounded(value: float | None, digits: int) -> float | None:
    """Return the number shortened; None for one that is not finite, which JSON does not know."""
    return None if value is None or not math.isfinite(value) else round(float(value), digits)


def report_data(
    columns: FrameColumns,
    reasons: Mapping[int, str],
    full: Mapping[int, Pictures],
    thumbs: Mapping[int, Pictures],
    about: Mapping[str, Any],
    run: Mapping[str, Any],
    mining: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return ``report.json`` as JSON values.

    Args:
        columns: what is known of every frame.
        reasons: frames to be shown in full and why, the most telling first.
        full: pictures of those frames; one without is left out.
        thumbs: small pictures of some frames.
        about: ``video``, ``path``, ``size`` [H, W] px and ``fps``.
        run: what ``run.json`` says.
        mining: notes of each buffer: ``first``, ``count``, ``notes``.
    """
    data = {
        "schema": SCHEMA,
        "made_by": f"vsodboost {__version__}",
        **about,
        **columns.as_dict(),
        "cuts": list(run.get("cuts", ())),
        "thumbs": [{"index": t, **_uris(thumbs[t])} for t in sorted(thumbs)],
        "full": [{"index": t, "why": why, "pictures": _uris(full[t])} for t, why in reasons.items() if t in full],
        "mining": list(mining),
        "run": dict(run),
        "truth": None,
    }
    return within_limit(data)


def within_limit(data: dict[str, Any]) -> dict[str, Any]:
    """Return the data with as many full pictures as the size limit allows; the least telling ones go first."""
    limit = SHORT_LIMIT if data["count"] <= SHORT else LIMIT
    kept: list[dict[str, Any]] = []
    size = len(as_json({**data, "full": []}))
    for shown in data["full"]:
        size += len(as_json(shown))
        if size > limit and kept:
            break
        kept.append(shown)
    return {**data, "full": kept}


def as_json(data: Mapping[str, Any]) -> str:
    """Return the data as compact JSON in ASCII; what is no JSON value (paths, tuples, arrays) becomes one."""
    return json.dumps(data, separators=(",", ":"), default=_plain, allow_nan=False)


def _uris(pictures: Pictures) -> dict[str, str]:
    return {kind: data_uri(picture) for kind, picture in pictures.items()}


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    return dict(value) if isinstance(value, Mapping) else str(value)
