"""What is written of a boosted video, one file an output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsodboost.data.cards import Card
from vsodboost.registry.hookspecs import RegisterWriter, hookimpl
from vsodboost.registry.interfaces import Request

if TYPE_CHECKING:
    from vsodboost.registry.writer import Writer


def build_maps(request: Request) -> Writer:
    """Return the writer ``maps``."""
    from vsodboost.writers.maps import Maps

    return Maps()


def build_table(request: Request) -> Writer:
    """Return the writer ``table``."""
    from vsodboost.writers.table import Table

    return Table()


def build_overlay(request: Request) -> Writer:
    """Return the writer ``overlay``."""
    from vsodboost.writers.overlay import Overlay

    return Overlay()


def build_sheet(request: Request) -> Writer:
    """Return the writer ``sheet``."""
    from vsodboost.writers.sheet import ContactSheet

    return ContactSheet()


def build_report(request: Request) -> Writer:
    """Return the writer ``report``."""
    from vsodboost.writers.report.writer import Report

    return Report()


@hookimpl
def vsodboost_register_writers(register: RegisterWriter) -> None:
    register("maps", build_maps, Card(summary="a map a frame, 8-bit grey PNG at the source size (always)"))
    register("table", build_table, Card(summary="frames.csv: trust and more of every frame (always)"))
    register("overlay", build_overlay, Card(summary="overlay.mp4: the maps laid over the video"))
    register("sheet", build_sheet, Card(summary="contact_sheet.png: a few frames with all maps, and trust over time"))
    register(
        "report",
        build_report,
        Card(summary="report.html: the video on one page, no network; report.json"),
    )
