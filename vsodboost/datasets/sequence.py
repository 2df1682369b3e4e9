"""What a data set is, whatever its folders look like: sequences of frames, and the truth of some or all of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Truth:
    """The truth of one frame: one mask, or several that are united (a file an object)."""

    frame: str
    """Name (file stem) of the frame; of the mask itself where the frames are not at hand."""
    files: tuple[Path, ...]
    background: frozenset[Colour] | None = None
    """RGB of what is not an object, in images that code objects by colour (FBMS-59); None for ordinary masks."""


@dataclass(frozen=True)
class AnnotatedSequence:
    """A sequence of a data set; one without truth has frames only, and a folder of masks alone has truth only."""

    name: str
    frames: tuple[Path, ...]
    """In natural order; empty where only the truth is at hand."""
    truths: tuple[Truth, ...]
    """In the order of the frames; masks that belong to no frame come last, under their own names."""
    aliases: tuple[str, ...] = ()
    """Other names under which its maps may lie, such as ``car/data/0001/shots/001``."""

    @property
    def sparse(self) -> bool:
        """Whether some frames have no truth."""
        return 0 < len(self.truths) < len(self.frames)

    def truth_of(self, frame: str) -> Truth | None:
        """The truth of the frame of that name, None where it has none."""
        return next((truth for truth in self.truths if truth.frame == frame), None)

    def aligned(self) -> list[Truth | None]:
        """The truth of each frame, None where it has none."""
        by_frame = {truth.frame: truth for truth in self.truths}
        return [by_frame.get(frame.stem) for frame in self.frames]


@dataclass(frozen=True)
class Dataset:
    """A data set as it lies on disk."""

    layout: str
    """Name of the layout it was read by, such as ``davsod``."""
    root: Path
    sequences: tuple[AnnotatedSequence, ...]
    """In natural order of their names; a set of stills is one, with all its images."""
    stills: bool = False
    """Whether the frames are unrelated images."""

    @property
    def labelled(self) -> tuple[AnnotatedSequence, ...]:
        """The sequences that have truth."""
        return tuple(sequence for sequence in self.sequences if sequence.truths)

    @property
    def summary(self) -> str:
        """For people: ``davsod, 35 sequences``, or ``duts, 10553 stills``."""
        counted = self.labelled or self.sequences
        if self.stills:
            return f"{self.layout}, {_count(sum(len(s.frames) or len(s.truths) for s in counted), 'still')}"
        return f"{self.layout}, {_count(len(counted), 'sequence')}"

    def sequence(self, name: str) -> AnnotatedSequence:
        """The sequence of that name; KeyError if there is none."""
        for sequence in self.sequences:
            if sequence.name == name:
                return sequence
        raise KeyError(name)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
