"""ViSal as its authors give it: a folder of frames a sequence, and all masks in one folder."""

from __future__ import annotations

from pathlib import Path

from vsodboost.datasets.folders import side_by_side
from vsodboost.datasets.layout import Layout
from vsodboost.datasets.listing import folders, frames, images, named_folder
from vsodboost.datasets.sequence import AnnotatedSequence

FRAMES, TRUTH = ("ViSal",), ("GroundTruth",)


class ViSal(Layout):
    """``ViSal/<sequence>/<sequence>_00001.jpg`` and ``GroundTruth/<sequence>_00005.png``; about every 5th has truth.

    Source: Wang et al., TIP 2015; https://github.com/shenjianbing/videosalData.
    """

    def __init__(self) -> None:
        super().__init__("visal", "ViSal/SEQUENCE and GroundTruth/SEQUENCE_FRAME.png")

    def fits(self, root: Path) -> bool:
        """Whether ViSal lies beside a GroundTruth with images."""
        pictures, truth = named_folder(root, FRAMES), named_folder(root, TRUTH)
        return pictures is not None and truth is not None and bool(folders(pictures)) and bool(images(truth))

    def read(self, root: Path, within: Path) -> list[AnnotatedSequence]:
        """The sequences; a mask belongs to the one that has a frame of its name."""
        pictures, truth = named_folder(root, FRAMES), named_folder(root, TRUTH)
        assert pictures is not None and truth is not None  # it fits
        by_stem = {mask.stem: mask for mask in images(truth)}
        masks: dict[str, dict[str, tuple[Path, ...]]] = {
            folder.name: {frame.stem: (by_stem[frame.stem],) for frame in frames(folder) if frame.stem in by_stem}
            for folder in folders(pictures)
        }
        return side_by_side(pictures, masks)
