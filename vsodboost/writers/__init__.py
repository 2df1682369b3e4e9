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


def build_alpha(request: Request) -> Writer:
    """Return the writer ``alpha``."""
    from vsodboost.writers.alpha import build

    return build(request)


def build_cutout(request: Request) -> Writer:
    """Return the writer ``cutout``."""
    from vsodboost.writers.cutout import build

    return build(request)


def build_masks(request: Request) -> Writer:
    """Return the writer ``masks``."""
    from vsodboost.writers.masks import Masks
    from vsodboost.writers.shape import Shape

    return Masks(Shape.of(request))


def build_rle(request: Request) -> Writer:
    """Return the writer ``rle``."""
    from vsodboost.writers.coco import Coco
    from vsodboost.writers.shape import Shape

    return Coco(Shape.of(request))


def build_yolo(request: Request) -> Writer:
    """Return the writer ``yolo``."""
    from vsodboost.writers.shape import Shape
    from vsodboost.writers.yolo import Yolo

    return Yolo(Shape.of(request))


def build_cvat(request: Request) -> Writer:
    """Return the writer ``cvat``."""
    from vsodboost.writers.cvat import Cvat
    from vsodboost.writers.shape import Shape

    return Cvat(Shape.of(request))


def build_doubt(request: Request) -> Writer:
    """Return the writer ``doubt``."""
    from vsodboost.writers.doubt import Doubt

    return Doubt()


def build_sheet(request: Request) -> Writer:
    """Return the writer ``sheet``."""
    from vsodboost.writers.sheet import ContactSheet

    return ContactSheet()


def build_report(request: Request) -> Writer:
    """Return the writer ``report``."""
    from vsodboost.writers.report.writer import Report

    return Report()


SHAPE = {
    "solid": "on: a mask of yes and no instead of the soft map, without specks, threads and small holes",
    "largest": "N: only the N largest parts of the mask",
    "keep-thin": "on: a mask that keeps legs, tails and strings",
}
COLOURS = {
    "foreground": "how the colours of edges are freed of the old background: fast (default), pymatting (slower, "
    "the extra [matting]) or off"
}
BACKGROUND = {"background": "a colour, a picture, a video, or blur, to lay the object on"}


@hookimpl
def vsodboost_register_writers(register: RegisterWriter) -> None:
    register("maps", build_maps, Card(summary="a map a frame, 8-bit grey PNG at the source size (always)"))
    register("table", build_table, Card(summary="frames.csv: trust and more of every frame (always)"))
    register(
        "alpha",
        build_alpha,
        Card(
            summary="the object with transparency and sound: alpha.mov (ProRes 4444), alpha:webm (VP9), alpha:png",
            argument="[mov|webm|png]",
            options={**SHAPE, **COLOURS},
        ),
    )
    register(
        "cutout",
        build_cutout,
        Card(
            summary="the object cut out, an RGBA PNG a frame; with background= laid on it, and as cutout.mp4",
            options={**SHAPE, **COLOURS, **BACKGROUND},
        ),
    )
    register("masks", build_masks, Card(summary="masks/: a hard mask a frame, 0 and 255", options=SHAPE))
    register("rle", build_rle, Card(summary="coco.json: the masks as COCO's run lengths", options=SHAPE))
    register("yolo", build_yolo, Card(summary="yolo/: pictures and polygons, to train on", options=SHAPE))
    register("cvat", build_cvat, Card(summary="cvat.zip: pictures and polygons, to correct by hand", options=SHAPE))
    register("doubt", build_doubt, Card(summary="doubt/: how unsure each pixel is, a grey PNG a frame"))
    register("overlay", build_overlay, Card(summary="overlay.mp4: the maps laid over the video, with its sound"))
    register("sheet", build_sheet, Card(summary="contact_sheet.png: a few frames with all maps, and trust over time"))
    register(
        "report",
        build_report,
        Card(summary="report.html: the video on one page, no network; report.json"),
    )
