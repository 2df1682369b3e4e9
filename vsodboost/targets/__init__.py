"""Running a target model by its card, its twin that learns, and one that was trained on flow images as motion model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsodboost.data.cards import Card
from vsodboost.registry.hookspecs import RegisterMotionModel, hookimpl
from vsodboost.registry.interfaces import Request

if TYPE_CHECKING:
    from vsodboost.targets.image_motion import ImageMotion


def _image_motion(request: Request) -> ImageMotion:
    from vsodboost.targets.image_motion import build

    return build(request)


@hookimpl
def vsodboost_register_motion_models(register: RegisterMotionModel) -> None:
    register(
        "image",
        _image_motion,
        Card(
            summary="a colour saliency model that vsodboost train motion trained on flow images",
            paper="Li et al., IEEE TCSVT 2021, arXiv:2008.09103 (plug-and-play), Sec. IV-C",
            argument="FILE",
        ),
    )
