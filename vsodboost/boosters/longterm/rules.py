"""The names of the rules between which ``settings`` lets one choose; each is explained where it is applied."""

from __future__ import annotations

from typing import Literal

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
