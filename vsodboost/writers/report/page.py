"""The page: templates and data become one file that needs nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import ChainableUndefined, Environment, PackageLoader
from markupsafe import Markup

from vsodboost.io.output_paths import printable
from vsodboost.writers.report.data import as_json


@cache
def templates() -> Environment:
    """Return the environment of all templates, reports' and the studio's; everything is escaped unless it says
    otherwise."""
    found = Environment(
        loader=PackageLoader("vsodboost.writers.report"),
        autoescape=True,
        undefined=ChainableUndefined,  # run.json of another version may lack a key
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters["script_json"] = script_json
    found.filters["printable"] = printable
    return found


def script_json(data: Any) -> Markup:
    """Return the data as JSON that may stand in a ``<script>``: no name can end it, or be read as HTML."""
    text = as_json(data) if isinstance(data, Mapping) else json.dumps(data)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def report_page(data: Mapping[str, Any]) -> str:
    """Return ``report.html`` for what ``report.json`` holds."""
    return templates().get_template("report.html").render(data=data, title=f"{data['video']} · vsodboost")


def index_page(data: Mapping[str, Any]) -> str:
    """Return ``index.html``: ``data`` has ``videos`` (rows), ``failed`` (video: reason) and ``mean`` figures."""
    return templates().get_template("index.html").render(data=data, title="vsodboost · all videos")
