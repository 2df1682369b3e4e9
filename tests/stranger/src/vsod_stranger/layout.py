"""A layout: frames and masks of a sequence in one folder, ``SEQUENCE/rgb_0001.png`` and ``SEQUENCE/matte_0001.png``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import vsodboost


def build(request: vsodboost.Request) -> Any:
    """The reader; what it is made of is imported here, when data sets are looked for."""
    from vsodboost.datasets import annotated, listing

    class Mattes(vsodboost.Layout):
        """Reads what a matting tool exports."""

        def fits(self, root: Path) -> bool:
            return any(self._numbered(folder, "matte") for folder in listing.folders(root))

        def read(self, root: Path, within: Path) -> list[vsodboost.AnnotatedSequence]:
            return [self._sequence(folder) for folder in listing.folders(root) if self._numbered(folder, "rgb")]

        def _sequence(self, folder: Path) -> vsodboost.AnnotatedSequence:
            return annotated(folder.name, self._numbered(folder, "rgb"), self._masks(folder))

        def _masks(self, folder: Path) -> dict[str, list[Path]]:
            return {file.stem.replace("matte_", "rgb_"): [file] for file in self._numbered(folder, "matte")}

        def _numbered(self, folder: Path, kind: str) -> list[Path]:
            return [file for file in listing.images(folder) if file.stem.startswith(f"{kind}_")]

    return Mattes("mattes", "SEQUENCE/rgb_NUMBER.png and SEQUENCE/matte_NUMBER.png")


@vsodboost.hookimpl
def vsodboost_register_layouts(register: Any) -> None:
    """``--layout mattes``, and recognised without."""
    register("mattes", build, vsodboost.Card("frames and masks of a sequence in one folder"))
