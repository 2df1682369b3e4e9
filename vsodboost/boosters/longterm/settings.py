"""Every choice of the long-term booster, and three sets of them: ours, the paper's and its released script's.

The twelve places where LIMVSOD and its script differ, and where each is chosen (options of the booster unless said
otherwise; ``follow`` sets them all):

1.  features of proposals: ``features`` (paper ResNet-18, script EfficientNet-B7)
2.  which proposals: ``proposals`` (best | stages)
3.  the flow estimator: the run's ``--flow`` (paper flownet2, script pwcnet)
4.  which clusters are salient: ``salient-clusters`` (gradient | ratio; ours is a third rule)
5.  which proposals are trusted: ``trust`` (intersection | means)
6.  motion value: ``motion-value`` (mean | penalised; ours asks the fusion network instead)
7.  how the sets grow: ``growth`` (agree | predicted)
8.  the classifier: ``classifier`` (features | crops)
9.  pasting: ``paste`` (max | add; mean is Table II's AVE)
10. the student between videos: restored (paper), or the run's ``--carry-over`` (script)
11. training of the motion model: not a matter of a run (``vsodboost train``)
12. flips while the student learns: ``tune-flips`` (on | off)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from vsodboost.data.errors import UsageError
from vsodboost.registry.options import Options


@dataclass(frozen=True)
class LongtermSettings:
    """See ``options.HELP`` for each; underscores are dashes on the command line."""

    clusters: int = 8
    batch: int = 5
    rounds: int = 3
    share: float = 0.6
    features: FeatureSource = "spatial"
    feature_weights: Path | None = None
    proposals: PruningRule = "best"
    salient_clusters: SalientRule = "steepest"
    trust: TrustRule = "intersection"
    motion_value: MotionRule = "predictions"
    growth: GrowthRule = "agree"
    classifier: ClassifierKind = "features"
    classifier_weights: Path | None = None
    classifier_flips: Switch = "off"
    refiner: Refiner = "fusion"
    refiner_model: str = ""
    patches: int = 4
    padding: float = 0.2
    stretch: Switch = "off"
    paste: PasteRule = "max"
    keyframes: KeyframeRule = "best"
    keyframe_truth: TruthRule = "predictions"
    drop: float = 0.25
    eligible: Literal["clear", "any"] = "clear"
    last_batch: Literal["keep", "drop"] = "keep"
    pseudo_truth: PseudoTruth = "mined"
    tune: Literal["engine", "paper"] = "engine"
    tune_flips: Switch = "on"


PAPER = LongtermSettings(
    motion_value="mean",
    keyframe_truth="binary",
    drop=0.0,
    eligible="any",
    salient_clusters="gradient",
    classifier_flips="on",
    refiner="spatial",
    patches=0,
    padding=0.0,
    stretch="on",
    pseudo_truth="soft",
    tune="paper",
)
CODE = replace(
    PAPER,
    features="tf_efficientnet_b7",
    proposals="stages",
    salient_clusters="ratio",
    trust="means",
    motion_value="penalised",
    growth="predicted",
    classifier="crops",
    paste="add",
    keyframe_truth="brightest",
    last_batch="drop",
    pseudo_truth="otsu",
    tune_flips="off",
)
SETS = {"ours": LongtermSettings(), "paper": PAPER, "code": CODE}


def read_settings(options: Mapping[str, str], follow: str = "ours") -> LongtermSettings:
    """Settings from ``--booster-option`` values: the set named by "follow" (else ``follow``), the others put in.

    Raises:
        UsageError: a value that is none of the choices, or weights that are wanted but not given.
    """
    read = Options(options, "booster 'longterm': option")
    follow = read.choice("follow", tuple(SETS), follow)
    kinds = get_type_hints(LongtermSettings)
    typed = {f.name: f.name.replace("_", "-") for f in fields(LongtermSettings)}
    chosen = {name: _value(read, given, kinds[name]) for name, given in typed.items() if given in read}
    if follow == "paper" and "feature_weights" in chosen:
        chosen.setdefault("features", "resnet18")
    settings = replace(SETS[follow], **chosen)
    if settings.features != "spatial" and settings.feature_weights is None:
        raise UsageError(
            f"booster 'longterm': features={settings.features} needs its ImageNet weights; "
            "add --booster-option feature-weights=FILE, or features=spatial"
        )
    if settings.classifier == "crops" and settings.classifier_weights is None:
        raise UsageError(
            "booster 'longterm': classifier=crops needs ResNet-18's ImageNet weights; "
            "add --booster-option classifier-weights=FILE, or classifier=features"
        )
    return settings


def _value(options: Options, name: str, kind: Any) -> Any:
    if kind is int:
        return options.whole(name, 0, least=0 if name in ("rounds", "patches") else 1)
    if name == "refiner-model":
        return options.text(name, "")
    if kind is float:
        return options.share(name, 0)
    return Path(options.text(name, "")) if name.endswith("weights") else options.choice(name, get_args(kind))


Switch = Literal["on", "off"]
FeatureSource = Literal["spatial", "resnet18", "tf_efficientnet_b7"]
PruningRule = Literal["best", "stages"]
MotionRule = Literal["predictions", "mean", "penalised"]
SalientRule = Literal["steepest", "gradient", "ratio"]
TrustRule = Literal["intersection", "means"]
GrowthRule = Literal["agree", "predicted"]
ClassifierKind = Literal["features", "crops", "none"]
Refiner = Literal["fusion", "spatial"]
PasteRule = Literal["max", "mean", "add"]
KeyframeRule = Literal["best", "random", "all"]
TruthRule = Literal["predictions", "binary", "brightest"]
PseudoTruth = Literal["mined", "sharp", "soft", "otsu"]
