"""A target's card in the metadata of an ONNX file, so that a graph is run as its model is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vsodboost.data.cards import TargetCard
from vsodboost.data.errors import InputError
from vsodboost.data.texts import json_value

KEY = "vsodboost.card"
_FIELDS = (
    "summary", "licence", "paper", "input_size", "mean", "std", "resize", "window", "stride", "overlap", "needs_flow",
    "output", "minmax", "batch",
)  # fmt: skip
_WORDS = {"resize": ("bilinear", "pil"), "overlap": ("mean", "last"), "output": ("logits", "probabilities")}


def card_to_metadata(card: TargetCard, name: str) -> dict[str, str]:
    """What the ONNX file of the target ``name`` says of itself: one JSON value under ``vsodboost.card``."""
    return {KEY: json.dumps({"name": name, **{field: getattr(card, field) for field in _FIELDS}}, ensure_ascii=False)}


def card_from_metadata(metadata: Mapping[str, str]) -> TargetCard | None:
    """The card in an ONNX file's metadata (``session.get_modelmeta().custom_metadata_map``), None when there is none.

    Raises:
        InputError: there is one, but it cannot be understood.
    """
    if KEY not in metadata:
        return None
    try:
        content = json_value(metadata[KEY])
        values = {field: _checked(field, content[field]) for field in _FIELDS}
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"the card in the ONNX file's metadata cannot be understood ({type(error).__name__}: {error}); "
            "export the model again"
        ) from None
    return replace(TargetCard(""), **values)


def _checked(field: str, value: Any) -> Any:
    """``value`` with JSON's lists as tuples; raises ValueError when a card's ``field`` cannot hold it."""
    if isinstance(value, list):
        value = tuple(value)
    match field:
        case "resize" | "overlap" | "output":
            right = value in _WORDS[field]
        case "needs_flow" | "minmax":
            right = isinstance(value, bool)
        case "window" | "batch":
            right = _is_count(value)
        case "stride":
            right = value is None or _is_count(value)
        case "input_size":
            right = value is None or (isinstance(value, tuple) and len(value) == 2 and all(map(_is_count, value)))
        case "mean" | "std":
            right = isinstance(value, tuple) and len(value) == 3 and all(isinstance(v, int | float) for v in value)
        case _:
            right = isinstance(value, str)
    if not right:
        raise ValueError(f"{field} cannot be {value!r}")
    return value


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
