"""TransFlow, RealFlow and TMO (Cho et al.): one network of two encoders, trained by different data and sizes.

Network layout of suhwan-cho/TransFlow, /RealFlow and /TMO. Input: frame and flow image of any size, in [0, 1]; the
network itself resizes and normalises them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from vsodboost.data.cards import TargetCard, WeightsSource
from vsodboost.registry.hookspecs import RegisterTarget, hookimpl
from vsodboost.registry.interfaces import Request, Target
from vsodboost.targets.released import released_network

if TYPE_CHECKING:
    from torch import Tensor, nn

    from .networks.transflow import TransFlow

RESEARCH = "non-commercial research only (README)"
LICENCES = {"TransFlow": f"MIT (LICENSE); {RESEARCH}", "RealFlow": RESEARCH, "TMO": f"MIT (LICENSE); {RESEARCH}"}
PAPERS = {
    "TransFlow": "Cho et al.: TransFlow: Motion Knowledge Transfer from Video Diffusion Models to Video Salient Object "
    "Detection, ICCVW 2025, arXiv:2507.19789",
    "RealFlow": "Cho et al.: Transforming Static Images Using Generative Models for Video Salient Object Detection, "
    "2024, arXiv:2411.13975",
    "TMO": "Cho et al.: Treating Motion as Option to Reduce Motion Dependency in Unsupervised Video Object "
    "Segmentation, WACV 2023, and with Output Selection, arXiv:2309.14786",
}


def build_network(variant: str = "b2", side: int = 512) -> TransFlow:
    """The network on MiT-B0, B1, B2 (``b0`` to ``b2``) or ``resnet101``, untrained; it works at ``side`` px."""
    from .networks import transflow

    return transflow.build_network(variant, side)


def renamed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A released file's tensors under our names: Hugging Face's of the transformer, and the encoders' of TMO's first
    version."""
    from .layers.segformer_names import authors_names

    now = {"vos.img_encoder.": "vos.app_encoder.", "vos.flow_encoder.": "vos.mo_encoder."}
    found = authors_names(tensors)
    for old, new in now.items():
        found = {name.replace(old, new): value for name, value in found.items()}
    return found


def card(family: str, variant: str, side: int) -> TargetCard:
    """The card of one released file, ``family`` as in ``PAPERS``."""
    short = "rn101" if variant == "resnet101" else f"mit{variant}"
    encoders = "ResNet-101s" if variant == "resnet101" else f"MiT-{variant.upper()}s"
    return TargetCard(
        summary=f"{family}: two {encoders}, on frame and flow image, their features added ({side}x{side})",
        licence=LICENCES[family],
        paper=PAPERS[family],
        weights=WeightsSource(
            file=f"{family}_{short}.pth",
            published=f"https://github.com/suhwan-cho/{family} (README: Google Drive)",
            licence=LICENCES[family],
            build=partial(build_network, variant, side),
            rename=renamed,
        ),
        mean=(0.0, 0.0, 0.0),  # the files hold the statistics, and cubic resizing comes before them
        std=(1.0, 1.0, 1.0),
        needs_flow=True,
        output="logits",
        batch=2,
        options={"selection": "on: where a frame alone gives the surer map, that one counts (off)"}
        if family == "TMO"
        else {},
    )


CARDS = {
    **{f"transflow-{b}": card("TransFlow", b, 512) for b in ("b0", "b1", "b2")},
    **{f"realflow-{b}": card("RealFlow", b, 512) for b in ("b0", "b1", "b2")},
    "tmo": card("TMO", "resnet101", 384),
    "tmo-b1": card("TMO", "b1", 384),
}


def saliency(network: nn.Module, frames: Tensor, flow_images: Tensor | None, *, select: bool = False) -> Tensor:
    """Logits [N, 1, H, W] of frames and flow images [N, 3, H, W] in [0, 1]."""
    logits: Tensor = network(frames, flow_images, select=select)
    return logits


def make_target(name: str, request: Request) -> Target:
    """The target with the user's copy of the released weights."""
    from vsodboost.registry.options import Options

    select = Options(request.options, f"target '{name}': option").switch("selection")
    return released_network(name, CARDS[name], forward=partial(saliency, select=select))(request)


@hookimpl
def vsodboost_register_targets(register: RegisterTarget) -> None:
    """Register ``transflow-b0`` to ``-b2``, ``realflow-b0`` to ``-b2``, ``tmo`` and ``tmo-b1``."""
    for name, each in CARDS.items():
        register(name, partial(make_target, name), each)
