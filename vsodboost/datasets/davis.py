"""DAVIS 2016 and 2017, and what is arranged like it (YouTube-VOS, SegTrack-v1): JPEGImages beside Annotations."""

from __future__ import annotations

from pathlib import Path

from vsodboost.data.errors import UsageError
from vsodboost.datasets.folders import masks_by_sequence, masks_in, side_by_side
from vsodboost.datasets.layout import Layout
from vsodboost.datasets.listing import folders
from vsodboost.datasets.sequence import AnnotatedSequence

ANNOTATIONS = ("Annotations", "Annotations_unsupervised")
"""Of 2016 and 2017; of the unsupervised challenge of 2019, whose masks lie beside the others'."""
USUAL = "480p"
"""The resolution that papers report."""


class Davis(Layout):
    """``JPEGImages/[480p/]<sequence>/00000.jpg`` and ``Annotations/[480p/]<sequence>/00000.png``.

    Several resolutions may lie side by side; 480p is taken unless another is given. Object numbers in palettes are
    the mask reader's matter. Frames need not be there.

    Source: Perazzi et al., CVPR 2016; Pont-Tuset et al., arXiv:1704.00675; https://davischallenge.org.
    """

    def __init__(self) -> None:
        super().__init__("davis", "JPEGImages/[480p/]SEQUENCE and Annotations/[480p/]SEQUENCE")

    def fits(self, root: Path) -> bool:
        """Whether it has a folder of annotations with folders in it."""
        return any(folders(root / name) for name in ANNOTATIONS)

    def read(self, root: Path, within: Path) -> list[AnnotatedSequence]:
        """The sequences of one resolution.

        Raises:
            UsageError: there are several and none is 480p.
        """
        asked = within.resolve().relative_to(root.resolve()).parts if within != root else ()
        base = root / next((n for n in (*asked[:1], *ANNOTATIONS) if n in ANNOTATIONS and (root / n).is_dir()), "")
        truth = _resolution(base, asked[1] if len(asked) > 1 else None)
        pictures = root / "JPEGImages"
        if truth != base and (pictures / truth.name).is_dir():
            pictures = pictures / truth.name
        return side_by_side(pictures, masks_by_sequence(truth))


def _resolution(base: Path, asked: str | None) -> Path:
    """The folder of sequences: ``base`` itself or one of its resolutions."""
    inside = folders(base)
    if any(masks_in(folder) for folder in inside):
        return base
    found = {folder.name: folder for folder in inside if any(masks_in(child) for child in folders(folder))}
    for name in (asked, USUAL):
        if name in found:
            return found[name]
    if len(found) > 1:
        raise UsageError(f"{base} holds several resolutions ({', '.join(found)}); give the folder of one")
    return next(iter(found.values()), base)
