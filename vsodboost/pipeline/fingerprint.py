"""What results depend on, in one line: the settings, the versions of what computes, and the weights."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from vsodboost.pipeline.options import Options
from vsodboost.pipeline.run_summary import versions
from vsodboost.weights.shipped import shipped_hash
from vsodboost.weights.store import installed
from vsodboost.weights.store import sha256 as sha256_of

WITHOUT = ("device", "executor", "executor_options")
"""Options that results do not depend on."""
NAMED = ("target", "spatial_model", "fusion_network", "motion", "flow", "detector", "decision", "booster")
"""Options that name a plugin, as NAME or NAME:FILE."""


def fingerprint(options: Options, videos: Sequence[str] = (), packages: Mapping[str, str] | None = None) -> str:
    """Return a text that is the same exactly when results would be; ``videos`` are the names that the dataset scope
    tunes on, ``packages`` the versions of other packages whose plugins are used (``Plan.package_versions``).

    Files that options name (graphs, weights) and weights that the user has added count by their content, folders of
    maps by their name alone: they are looked at again anyway.
    """
    made_with = {name: version for name, version in versions().items() if name != "python"} | dict(packages or {})
    settings = {name: value for name, value in asdict(options).items() if name not in WITHOUT}
    found: dict[str, Any] = {**settings, **made_with, "weights": shipped_hash(), "files": dict(_files(options))}
    if options.scope == "dataset":
        found["videos"] = sha256("\n".join(videos).encode()).hexdigest()
    return json.dumps(found, sort_keys=True, default=dict)


def _files(options: Options) -> Iterator[tuple[str, str]]:
    """Files and added weights that the options name, and the SHA-256 of each."""
    for option in NAMED:
        name, _, argument = str(getattr(options, option)).partition(":")
        entry = installed(name) if name and argument == "" else None
        if entry is not None:
            yield name, entry.sha256
        yield from _file(argument)
    for values in (options.target_options, options.booster_options, options.flow_options, options.detector_options):
        for value in values.values():
            yield from _file(value)


def _file(text: object) -> Iterator[tuple[str, str]]:
    if not isinstance(text, str) or not text:
        return
    path = Path(text).expanduser()
    try:
        if path.is_file():
            yield str(path), sha256_of(path)
    except (OSError, ValueError):  # no path at all
        return
