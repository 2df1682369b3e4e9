"""SegTrack v2: JPEGImages beside GroundTruth, where a sequence of several objects has a folder an object."""

from __future__ import annotations

from pathlib import Path

from vsodboost.datasets.folders import side_by_side, united_masks
from vsodboost.datasets.layout import Layout
from vsodboost.datasets.listing import folders, named_folder
from vsodboost.datasets.sequence import AnnotatedSequence

TRUTH = ("GroundTruth", "ground-truth")


class SegTrackV2(Layout):
    """``JPEGImages/<sequence>/<frame>.png`` and ``GroundTruth/<sequence>/[<object>/]<frame>.png``; objects are united.

    Source: Li et al., ICCV 2013; https://web.engr.oregonstate.edu/~lif/SegTrack2/dataset.html.
    """

    def __init__(self) -> None:
        super().__init__("segtrack-v2", "JPEGImages/SEQUENCE and GroundTruth/SEQUENCE/[OBJECT]")

    def fits(self, root: Path) -> bool:
        """Whether JPEGImages lies beside GroundTruth, both with folders."""
        truth = named_folder(root, TRUTH)
        return truth is not None and bool(folders(root / "JPEGImages")) and bool(folders(truth))

    def read(self, root: Path, within: Path) -> list[AnnotatedSequence]:
        """The sequences, the masks of a frame's objects together."""
        truth = named_folder(root, TRUTH)
        assert truth is not None  # it fits
        masks = {folder.name: found for folder in folders(truth) if (found := united_masks(folder))}
        return side_by_side(root / "JPEGImages", masks)
