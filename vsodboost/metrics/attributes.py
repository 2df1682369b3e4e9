"""Attributes of sequences (fast motion, occlusion ...) from a CSV file, and the means over those that share one."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vsodboost.data.errors import InputError, UsageError
from vsodboost.data.texts import brief
from vsodboost.io.limits import refuse_endless
from vsodboost.metrics.evaluate import Evaluation, evaluation_of
from vsodboost.metrics.protocols import PROTOCOLS

HEADS = frozenset({"sequence", "video", "name"})
YES = frozenset({"1", "true", "yes", "x", "y"})
NO = frozenset({"0", "false", "no", "", "n", "-"})


@dataclass(frozen=True)
class Attributes:
    """Which sequences have which attributes."""

    sequences: Mapping[str, tuple[str, ...]]
    """Sequences by attribute, both in the order of the file."""
    listed: frozenset[str]
    """All sequences of the file, those without attributes too."""


def read_attributes(path: Path) -> Attributes:
    """The attributes in a CSV file.

    The first line is ``sequence,ATTRIBUTE,ATTRIBUTE...`` and each further one names a sequence and says 1 or 0 (true,
    false, yes, no, x, nothing) under every attribute; a column of other words makes an attribute of each,
    ``column=word``. Without such a first line each line is a sequence and the names of its attributes.

    Raises:
        UsageError: no such file, or a pipe or device.
        InputError: it is no such table, or names a sequence twice.
    """
    refuse_endless(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file of attributes") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as text ({error}); save it as CSV in UTF-8") from error
    try:
        cells = [[cell.strip() for cell in row] for row in csv.reader(text.splitlines())]
    except csv.Error as error:
        raise InputError(f"{path}: is no table ({error}); save it as CSV") from error
    rows = [row for row in cells if any(row)]
    if not rows:
        raise InputError(f"{path} is empty; it needs a line a sequence")
    headed = rows[0][0].lower() in HEADS
    body = rows[1:] if headed else rows
    names = [row[0] for row in body]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"{path} names {brief(twice)} twice; give a sequence one line")
    found = _columns(rows[0][1:], body, path) if headed else _lists(body)
    if not any(found.values()):
        raise InputError(f"{path} gives no sequence an attribute; write 1 under those that it has")
    return Attributes({attribute: tuple(own) for attribute, own in found.items() if own}, frozenset(names))


def attribute_means(evaluation: Evaluation, attributes: Attributes) -> dict[str, Evaluation]:
    """The evaluation of the scored sequences of each attribute; attributes that none of them has are left out."""
    protocol = PROTOCOLS[evaluation.protocol]
    found = {}
    for attribute, names in attributes.sequences.items():
        if rows := [sequence for sequence in evaluation.sequences if sequence.name in names]:
            found[attribute] = evaluation_of(protocol, rows)
    return found


def unlisted(evaluation: Evaluation, attributes: Attributes) -> list[str]:
    """Scored sequences of which the file says nothing."""
    return [sequence.name for sequence in evaluation.sequences if sequence.name not in attributes.listed]


def _columns(heads: list[str], body: list[list[str]], path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in body:
        if len(row) != len(heads) + 1:
            raise InputError(
                f"{path}: the line of {brief(row[0])} has {len(row)} cells, the first line {len(heads) + 1}"
            )
    for place, head in enumerate(heads, start=1):
        cells = {row[0]: row[place] for row in body}
        if {cell.lower() for cell in cells.values()} <= YES | NO:
            found[head] = [name for name, cell in cells.items() if cell.lower() in YES]
            continue
        for name, cell in cells.items():
            if cell:
                found.setdefault(f"{head}={cell}", []).append(name)
    return found


def _lists(body: list[list[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, *attributes in body:
        for attribute in dict.fromkeys(attributes):
            if attribute:
                found.setdefault(attribute, []).append(name)
    return found
