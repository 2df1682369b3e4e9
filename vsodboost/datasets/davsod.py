"""DAVSOD: a folder a sequence, with object-level truth beside instance-level truth and eye fixations."""

from __future__ import annotations

from pathlib import Path

from vsodboost.datasets.folders import sequence_folders, truth_folder
from vsodboost.datasets.layout import Layout
from vsodboost.datasets.listing import folders
from vsodboost.datasets.sequence import AnnotatedSequence

TRUTH = ("GT_object_level",)


class Davsod(Layout):
    """``<set>/<sequence>/{Imgs, GT_object_level}/0001.png``; sets are Easy-35, Normal-25, Difficult-20 and so on.

    ``GT_instance_level``, ``Fixation_maps`` and ``Imgs_fused`` lie beside them and are no truth of salient objects.

    Source: Fan et al., CVPR 2019; https://github.com/DengPingFan/DAVSOD.
    """

    def __init__(self) -> None:
        super().__init__("davsod", "SEQUENCE/Imgs and SEQUENCE/GT_object_level")

    def fits(self, root: Path) -> bool:
        """Whether a folder in it has GT_object_level."""
        return any(truth_folder(folder, TRUTH) for folder in folders(root))

    def fits_around(self, root: Path, child: Path) -> bool:
        """Whether the one folder has it."""
        return truth_folder(child, TRUTH) is not None

    def read(self, root: Path, within: Path) -> list[AnnotatedSequence]:
        """The sequences of one set."""
        return sequence_folders(root, TRUTH)
