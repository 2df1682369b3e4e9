"""YouTube-Objects with the segmentation of Jain and Grauman: shots of videos of ten classes, sparsely labelled."""

from __future__ import annotations

from pathlib import Path

from vsodboost.datasets.layout import Layout
from vsodboost.datasets.listing import folders, frames, has_images, images, named_folder
from vsodboost.datasets.matching import annotated, single
from vsodboost.datasets.sequence import AnnotatedSequence

TRUTH, FRAMES = ("labels",), ("images",)


class YouTubeObjects(Layout):
    """``<class>/data/<video>/shots/<shot>/{images/frame0001.jpg, labels/00001.jpg}``.

    Frames may lie in the shot itself. A sequence is a shot and is called ``<class>_<video>_<shot>``; its maps may lie
    under the shot's own path or, where one shot of a video is labelled, under ``<class>_<video>``.

    Source: Prest et al., CVPR 2012; Jain and Grauman, ECCV 2014 (masks of every 10th frame).
    """

    def __init__(self) -> None:
        super().__init__("youtube-objects", "CLASS/data/VIDEO/shots/SHOT/labels")

    def fits(self, root: Path) -> bool:
        """Whether a shot in it has labels."""
        return any(self.fits_around(root, kind) for kind in folders(root))

    def fits_around(self, root: Path, child: Path) -> bool:
        """Whether a shot of the one class has them."""
        return any(_truth(shot) is not None for shot in _shots(child))

    def read(self, root: Path, within: Path) -> list[AnnotatedSequence]:
        """Every shot that has frames or labels."""
        found = []
        for kind in folders(root):
            shots = _shots(kind)
            labelled = [shot.parent.parent.name for shot in shots if _truth(shot) is not None]
            for shot in shots:
                video = shot.parent.parent.name
                aliases = [f"{kind.name}/data/{video}/shots/{shot.name}", f"{kind.name}/{video}/{shot.name}"]
                if labelled.count(video) == 1 and _truth(shot) is not None:
                    aliases += [f"{kind.name}_{video}", f"{kind.name}{video}", f"{kind.name}/{video}"]
                name = f"{kind.name}_{video}_{shot.name}"
                found.append(_sequence(name, shot, tuple(aliases)))
        return [sequence for sequence in found if sequence.frames or sequence.truths]


def _shots(kind: Path) -> list[Path]:
    return [shot for video in folders(kind / "data") for shot in folders(video / "shots")]


def _truth(shot: Path) -> Path | None:
    folder = named_folder(shot, TRUTH)
    return folder if folder is not None and has_images(folder) else None


def _sequence(name: str, shot: Path, aliases: tuple[str, ...]) -> AnnotatedSequence:
    truth = _truth(shot)
    own = frames(named_folder(shot, FRAMES) or shot)
    return annotated(name, own, single(images(truth)) if truth else {}, aliases=aliases)
