"""What the long-term booster's card says of its options, apart from ``settings``: listing plugins needs no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WHOLE_VIDEO = 1000
"""Frames: more than a sequence of the benchmarks has; large frames are cut into buffers by the memory they take."""

HELP = {
    "follow": "ours, paper or code (the released script): whose rules count where no option says otherwise",
    "clusters": "K of Eq. 1 (default 8)",
    "batch": "B, frames of which one may become a keyframe (default 5)",
    "rounds": "mining iterations (default 3)",
    "share": "γ, part of the agreed proposals that an iteration adds (default .6)",
    "features": "spatial (default), resnet18 (the paper's default where feature-weights are given), tf_efficientnet_b7",
    "feature-weights": "file of the timm network's ImageNet weights",
    "proposals": "best: ten a frame; stages: the script's pruning",
    "salient-clusters": "steepest: the steepest fall of all says how many; gradient (Eq. 2 to 4) or ratio (script)",
    "trust": "intersection (Eq. 11 to 18) or means (script)",
    "motion-value": "what tells salient clusters: the fusion network's map in a box (predictions, ours), or the motion "
    "saliency there: mean (Eq. 8) or penalised (script)",
    "growth": "agree (Sec. III-F) or predicted (script)",
    "classifier": "features: layers on frozen features; crops: a whole ResNet-18 (script); none (Table II without BC)",
    "classifier-weights": "file of ResNet-18's ImageNet weights, for crops",
    "classifier-flips": "on or off: learn from mirrored frames too",
    "refiner": "fusion: patches with motion and map; spatial: patches alone, as in the paper",
    "refiner-model": "spatial model that refines patches in its place, seeing the patch alone, as cpd-patches (paper)",
    "patches": "most patches a frame, doubles left out (default 4; 0: every salient proposal, as in the paper)",
    "padding": "how far a patch reaches beyond its box, of its sides (default .2; paper 0)",
    "stretch": "on or off: min-max of each patch, Z of Eq. 19",
    "paste": "max (Eq. 19), mean (Table II's AVE) or add (script)",
    "keyframes": "best of each batch, random or all (for the ablation)",
    "keyframe-truth": "what FS must agree with: predictions (the fusion network's map, ours), binary motion saliency "
    "(paper), or its brightest pixels only (script)",
    "drop": "largest part of the keyframes that is left out as least agreeing (default .25; paper 0)",
    "eligible": "which frames may be keyframes: clear (something bright in FS, and something that moves) or any with a "
    "salient proposal (paper)",
    "last-batch": "keep or drop (script) the batch that the video's end closes",
    "pseudo-truth": "mined: what salient proposals lie on, by all predictions and FS where it agrees; FS alone: sharp, "
    "soft (paper) or otsu (script)",
    "tune": "engine: as for every booster; paper: 10 epochs, batches of 2, frames alone",
    "tune-flips": "on (paper) or off (script): mirror keyframes at random while learning",
}


def paper_profile(options: Mapping[str, str]) -> dict[str, Any]:
    """What ``--profile paper`` chooses: the booster that follows the paper, its flow estimator (its text says FlowNet,
    the script uses PWC-Net), its detector, CPD trained on flow images for the motion saliency, and CPD as the framewise
    refiner: trained on DAVIS-TR (paper) or its authors' (script). Fine-tuning is done once a video, so a buffer holds
    as many frames as there is memory for."""
    follow = options.get("follow", "paper")
    return {
        "booster": "longterm-paper",
        "flow": "pwcnet" if follow == "code" else "flownet2",
        "detector": "efficientdet:d7",
        "motion": "cpd-flow",
        "spatial_model": "cpd" if follow == "code" else "cpd-davis",
        "carry_over": follow == "code",
        "buffer": WHOLE_VIDEO,
    }
