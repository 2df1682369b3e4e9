"""Options as the Python API is given them, made what ``Options`` holds, or refused by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from numbers import Integral
from typing import Any

from vsodboost.data.arguments import flag, number, options, refusal, text, whole
from vsodboost.io.part import seconds_of, size_of


def checked_arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``given``, options by their names, as ``Options`` holds them. None stays where it is a default.

    Raises:
        UsageError: a value is not what its option takes.
    """
    return {name: _CHECKS[name](name, value) for name, value in given.items()}


Check = Callable[[str, Any], Any]


def _optional(check: Check) -> Check:
    return lambda name, value: None if value is None else check(name, value)


def _time(name: str, value: Any) -> float | None:
    seconds = seconds_of(value) if isinstance(value, str) else number(name, value)
    if seconds is None or seconds < 0 or (seconds == math.inf and name == "start"):
        raise refusal(name, value, "seconds of at least 0, or a text such as '1:15'")
    return None if seconds == math.inf else seconds


def _size(name: str, value: Any) -> str:
    number_alone = isinstance(value, Integral) and not isinstance(value, bool)
    found = size_of(str(value)) if isinstance(value, str) or number_alone else None
    if found is None:
        raise refusal(name, value, "640 (the long side), '640x360' (to fit in) or '480p' (the short side)")
    return found


def _device(name: str, value: Any) -> str:
    import torch

    return str(value) if isinstance(value, torch.device) else text(name, value, "auto, cpu, cuda, cuda:1 ...")


_name = partial(text, expected="the name of one, as vsodboost plugins lists them")
_count = _optional(whole)
_CHECKS: dict[str, Check] = {
    "profile": partial(text, expected="fast, quick or paper"),
    **dict.fromkeys(("booster", "flow", "spatial_model", "fusion_network", "detector", "motion", "decision"), _name),
    "buffer": partial(whole, least=2),
    "steps": _count,
    "device": _device,
    "seed": partial(whole, least=0, most=2**32 - 1),
    "carry_over": flag,
    **dict.fromkeys(("target_options", "flow_options", "detector_options"), options),
    "booster_options": partial(options, but=("labels",)),
    "start": _optional(_time),
    "stop": _optional(_time),
    "max_frames": _count,
    "every": _count,
    "size": _optional(_size),
}
