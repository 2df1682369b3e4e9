"""What a run says in the output folder beside its videos: which failed, and, of a part of a larger run, what it did.

``<out>/failed.json`` lists the videos that failed, by name, with path and reason; it is gone when none is left. A run
with ``--shard`` writes ``<out>/shard-I-of-N.json`` instead, from which ``vsodboost merge`` makes one report.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vsodboost.data.errors import InputError
from vsodboost.data.texts import json_value
from vsodboost.io.atomic import write_errors, write_text

FAILED = "failed.json"
_SHARD = re.compile(r"shard-(\d+)-of-(\d+)\.json")


@dataclass(frozen=True)
class Failure:
    """Why a video, which lies at ``path``, failed."""

    path: str
    reason: str


@dataclass(frozen=True)
class ShardReport:
    """What part ``index`` (from 1) of ``count`` did of a run over ``total`` videos: the names of those ``done`` and
    ``skipped`` because they were done before, and the ``failed`` ones."""

    index: int
    count: int
    total: int
    done: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    failed: Mapping[str, Failure] = field(default_factory=dict)

    @property
    def videos(self) -> tuple[str, ...]:
        """All its videos."""
        return (*self.done, *self.skipped, *self.failed)

    def write(self, out: Path) -> None:
        """Write it into the output folder. Raises VsodboostError."""
        path = out / f"shard-{self.index}-of-{self.count}.json"
        write_text(path, json.dumps(asdict(self), indent=1) + "\n")


def write_failed(out: Path, failed: Mapping[str, Failure], seen: Collection[str]) -> None:
    """Write ``failed.json`` anew: of the videos ``seen`` by this run those that failed, of others what it said before.

    Raises:
        VsodboostError: it cannot be written.
    """
    path = out / FAILED
    before = {name: failure for name, failure in read_failed(out).items() if name not in seen}
    if before or failed:
        listed = {name: asdict(failure) for name, failure in sorted({**before, **failed}.items())}
        write_text(path, json.dumps(listed, indent=1) + "\n")
        return
    with write_errors(path):
        path.unlink(missing_ok=True)


def read_failed(out: Path) -> dict[str, Failure]:
    """Return what ``failed.json`` says; nothing when it is not there, or not one of ours."""
    try:
        found = json_value((out / FAILED).read_text(encoding="utf-8"))
        return {str(name): Failure(str(given["path"]), str(given["reason"])) for name, given in found.items()}
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return {}


def read_shards(out: Path) -> list[ShardReport]:
    """Return the reports of parts that lie in an output folder, by their number.

    Raises:
        InputError: one cannot be read.
    """
    found = []
    for path in sorted(out.glob("shard-*.json")):
        if _SHARD.fullmatch(path.name) is None:
            continue
        try:
            values: dict[str, Any] = json_value(path.read_text(encoding="utf-8"))
            failed = {name: Failure(**given) for name, given in values.pop("failed").items()}
            done, skipped = (tuple(map(str, values.pop(kind))) for kind in ("done", "skipped"))
            found.append(ShardReport(**values, done=done, skipped=skipped, failed=failed))
        except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
            raise InputError(f"{path} is no report of a shard; run that shard again") from error
    return sorted(found, key=lambda shard: (shard.count, shard.index))


def remove_shards(out: Path) -> None:
    """Delete the reports of parts: they are merged. Raises VsodboostError."""
    with write_errors(out):
        for path in out.glob("shard-*.json"):
            if _SHARD.fullmatch(path.name):
                path.unlink(missing_ok=True)
