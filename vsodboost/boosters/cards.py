"""The cards of the boosters and of the networks that come with them.

They stand apart from the boosters, so that listing what there is imports neither torch nor NumPy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vsodboost.boosters.longterm.options import HELP, paper_profile
from vsodboost.data.cards import BoosterCard, SpatialModelCard
from vsodboost.weights.own import MQP_PAPER as MQP_PAPER_WEIGHTS


def _mqp_profile(options: Mapping[str, str]) -> dict[str, Any]:
    from vsodboost.boosters.mqp.paper_settings import paper_profile

    return paper_profile(options)


MQP = BoosterCard(
    summary="of every few frames the one on which target and motion agree best teaches a spatial model (default)",
    paper="Chen et al., IEEE TIP 2021, arXiv:2008.02966 (MQP)",
    options={
        "window": "frames of which the filter keeps one, T of the paper (default 5)",
        "quality": "least motion quality of a mined frame, 0 to 1 (default .55)",
        "pseudo-truth": "what teaches: fused (default) or target, the paper's choice",
        "filter": "off keeps every frame of high quality (for the ablation)",
    },
    paper_profile=_mqp_profile,
)
_MQP_PAPER_OPTIONS = {
    "follow": "paper (default) or code: what the switches from model to pseudo-truth follow unless given",
    "model": "paper: the localisation network pretrained on DAVIS; code: CPD from its authors' CPD.pth",
    "tuning": "paper: Adam 1e-3, batch 8, 5 epochs, mirrored at random; code: Adam 1e-4, batch 2, 10 epochs, "
    "not mirrored, gradients' elements within .5",
    "loss": "paper: cross entropy of the map, summed (Eq. 6); code: the mean, of every output of the model",
    "isolation": "paper: every video starts from the pretrained model; code: model and optimiser carry over",
    "flow": "paper: SPyNet (its text and Table VI); code: PWC-Net (its headline figures)",
    "pseudo-truth": "paper: the target's maps as they are; code: binarised by Otsu's threshold",
    "windows": "one of T frames is kept: of T consecutive ones (frames, Sec. V-B, default) or of T mined ones "
    "(mined, Sec. VI-G)",
    "window": "T, 1 keeps all frames of high quality (default 5)",
    "rate": "learning rate of the fine-tuning; the paper's 10e-3 is read as .001, try .01",
}
MQP_PAPER = BoosterCard(
    summary="the motion-quality paper to the letter; --profile paper takes it for mqp",
    paper="Chen et al., IEEE TIP 2021, arXiv:2008.02966 (MQP)",
    options=_MQP_PAPER_OPTIONS,
    paper_profile=_mqp_profile,
    every_frame=True,
)

MQP_PAPER_NETWORK = SpatialModelCard(
    summary="the motion-quality paper's spatial model: VGG-16, dilated attention, U-Net decoder",
    paper=MQP_PAPER.paper,
    learning_rate=1e-3,
    weights=MQP_PAPER_WEIGHTS,
)
LONGTERM = BoosterCard(
    summary="salient object proposals of the whole video, mined from easy to hard, teach a spatial model",
    paper="Chen et al., IEEE TCSVT 2022 (LIMVSOD)",
    options=HELP,
    passes=2,
    paper_profile=paper_profile,
)
LONGTERM_PAPER = replace(
    LONGTERM, summary="the long-term mining paper's rules; --profile paper takes it for longterm", every_frame=True
)
KEYFRAME = BoosterCard(
    summary="frames on which motion and target overlap teach a twin of the target (or the spatial model, for maps)",
    paper="Li et al., IEEE TCSVT 2021, arXiv:2008.09103 (plug-and-play)",
    options={
        "threshold": "keyframes have a non-overlapping ratio NR below it (default .6)",
        "lambda": "iterations a keyframe, λ (paper: 8; default: the usual number of steps, however many keyframes)",
        "rate": "learning rate of the twin; makes a torch model trainable whose card names none",
        "quality": "least motion quality of a keyframe, 0 to 1 (default .4; paper: 0)",
        "motion": "model (default), or contrast: the conventional motion saliency, Eq. 4",
        "gate": "off gives the result as it is, without the choice between it and the target's map (paper: off)",
    },
    paper_profile=lambda options: {"booster": "keyframe-paper", "motion": "cpd-flow"},
)
KEYFRAME_PAPER = replace(
    KEYFRAME, summary="the plug-and-play paper to the letter; --profile paper takes it for keyframe", every_frame=True
)
LABELS = BoosterCard(
    summary="a few labelled frames of the video (--labels DIR) teach all the others",
    paper="Yan et al., ICCV 2019, arXiv:1908.04051 (FGPLG)",
    options={
        "labels": "folder of the labels: DIR/<video>/<frame>.png or DIR/<frame>.png, any frames, any size",
        "network": "spatial model of seven channels that makes pseudo-labels (default fgplg)",
        "route": "how labels are propagated: best (default), chain (frame by frame) or direct (the paper)",
        "between": "pseudo-labels between two labels that teach, m: a number (default 0; paper: 1), or all",
    },
    passes=2,
    paper_profile=lambda options: {"booster": "labels-paper", "flow": "flownet2", "spatial_model": "rcrnet"},
)
LABELS_PAPER = replace(
    LABELS, summary="the pseudo-label paper to the letter; --profile paper takes it for labels", every_frame=True
)
UNTUNED = BoosterCard(summary="learns nothing of the video; --profile quick takes it")
LABELS_NETWORK = SpatialModelCard(
    summary="makes pseudo-labels of propagated labels; light, trained by this project",
    paper=LABELS.paper,
    mean=(0.5, 0.5, 0.5),
    std=(0.5, 0.5, 0.5),
    multiple=16,
    channels=7,  # frame, two propagated labels, two flow magnitudes
)
