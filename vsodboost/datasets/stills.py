"""Sets of still images with masks: DUTS, MSRA10K, MSRA-B, HKU-IS, ECSSD, and two folders of any name known here."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from vsodboost.datasets.layout import Layout
from vsodboost.datasets.listing import frames, has_images, images, named_folder, plain_name
from vsodboost.datasets.matching import annotated, single
from vsodboost.datasets.sequence import AnnotatedSequence

JPEG, PNG = (".jpg", ".jpeg"), (".png",)
GENERIC = (("images", "masks"), ("imgs", "gt"), ("image", "mask"), ("image", "annotation"), ("images", "gt"))
"""Folders of images and of their masks that are taken for stills whatever the set's name."""


class StillFolders(Layout):
    """Images in one folder, masks of the same names in another.

    Source: DUTS (Wang et al., CVPR 2017), ECSSD (Shi et al., PAMI 2016), HKU-IS (Li and Yu, CVPR 2015), MSRA-B (Liu
    et al., PAMI 2011), as each is downloaded.
    """

    stills = True

    def __init__(self, name: str, pairs: tuple[tuple[str, str], ...], known: tuple[str, ...] | None = None) -> None:
        """``pairs`` are names of the two folders; ``known`` those of roots, None where the folders tell the set."""
        super().__init__(name, " or ".join(f"{image}/ and {mask}/" for image, mask in pairs))
        self.pairs, self.known = pairs, known

    def fits(self, root: Path) -> bool:
        """Whether the two folders lie in it, with images."""
        return self._pair(root) is not None

    def recognise(self, path: Path) -> bool:
        """Whether the root has the set's name, too, where the folders' names are anybody's."""
        root = self.root_of(path)
        return root is not None and (self.known is None or plain_name(root.resolve().name) in self.known)

    def read(self, root: Path, within: Path) -> list[AnnotatedSequence]:
        """One sequence, called as the root, of all images."""
        pair = self._pair(root)
        assert pair is not None  # it fits
        return [annotated(root.resolve().name, frames(pair[0]), single(images(pair[1])))]

    def _pair(self, root: Path) -> tuple[Path, Path] | None:
        for image, mask in self.pairs:
            pictures, truth = named_folder(root, [image]), named_folder(root, [mask])
            if pictures and truth and has_images(pictures) and has_images(truth):
                return pictures, truth
        return None


class StillPairs(Layout):
    """``Imgs/<name>.jpg`` beside ``Imgs/<name>.png``: the photograph and its mask in one folder.

    Source: MSRA10K (Cheng et al., PAMI 2015), https://mmcheng.net/msra10k; MSRA-B and THUR15K are given so, too.
    """

    stills = True

    def __init__(self, name: str, *known: str) -> None:
        super().__init__(name, "Imgs/NAME.jpg and Imgs/NAME.png")
        self.known = frozenset(plain_name(word) for word in (name, *known))

    def fits(self, root: Path) -> bool:
        """Whether most of the first photographs have a mask beside them."""
        folder = _pictures(root)
        masks = {path.stem for path in images(folder, PNG)}
        first = list(islice(images(folder, JPEG), 20))
        return bool(first) and sum(photo.stem in masks for photo in first) > len(first) / 2

    def recognise(self, path: Path) -> bool:
        """Whether the root has the set's name, too: frames and masks of a video may lie side by side as well."""
        root = self.root_of(path)
        return root is not None and plain_name(_root_name(root)) in self.known

    def read(self, root: Path, within: Path) -> list[AnnotatedSequence]:
        """One sequence of all photographs."""
        folder = _pictures(root)
        return [annotated(_root_name(root), images(folder, JPEG), single(images(folder, PNG)))]


def _pictures(root: Path) -> Path:
    return named_folder(root, ["Imgs"]) or root


def _root_name(root: Path) -> str:
    whole = root.resolve()
    return whole.parent.name if plain_name(whole.name) == "imgs" else whole.name
