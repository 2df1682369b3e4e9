"""What is seen of a shot: optical flow, object motion, motion saliency and motion quality (MQPM)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsodboost.data.cards import Card
from vsodboost.registry.hookspecs import RegisterMotionModel, hookimpl
from vsodboost.registry.interfaces import Request

if TYPE_CHECKING:
    from vsodboost.perception.motion_model import CameraResidual, TrainedMotion
    from vsodboost.perception.paper_motion import PaperMotion

MQP = "Chen et al., IEEE TIP 2021, arXiv:2008.02966 (MQP)"


def build_mqpm(request: Request) -> TrainedMotion:
    """Return the light MQPM with its shipped weights. Raises WeightsError when they are missing."""
    from vsodboost.networks.mqpm import MotionQualityNetwork
    from vsodboost.perception.motion_model import TrainedMotion
    from vsodboost.weights.shipped import load_shipped

    network = MotionQualityNetwork()
    load_shipped(network, "mqpm")
    return TrainedMotion(network, request.device)


def build_camera(request: Request) -> CameraResidual:
    """Return the untrained motion model."""
    from vsodboost.perception.motion_model import CameraResidual

    return CameraResidual()


def build_paper(request: Request) -> PaperMotion:
    """Return the paper's MQPM with the weights added for it. Raises WeightsError, naming the command, without them."""
    from vsodboost.networks.paper_mqpm import PaperMqpm
    from vsodboost.perception.paper_motion import PaperMotion
    from vsodboost.weights.own import MQPM_PAPER
    from vsodboost.weights.store import load_into

    network = PaperMqpm()
    load_into(network, "mqpm-paper", MQPM_PAPER)
    return PaperMotion(network, request.device)


@hookimpl
def vsodboost_register_motion_models(register: RegisterMotionModel) -> None:
    register(
        "mqpm",
        build_mqpm,
        Card(summary="motion saliency and quality, light, trained by this project (default)", paper=MQP),
    )
    register("camera", build_camera, Card(summary="what is left when the camera's motion is taken out; untrained"))
    register("mqpm-paper", build_paper, Card(summary="the MQP paper's own network on flow images", paper=MQP))
