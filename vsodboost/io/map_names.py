"""Which file belongs to which frame: the one of the same name, else the one of the same number where that is sure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from vsodboost.data.errors import InputError


class NamedFiles:
    """Files of one video by their stems, in natural order.

    Where no file has a frame's name, padding, prefix and suffix are passed over (``frame_0001`` and ``1_sal`` are frame
    ``00001``), but only when that cannot go wrong: the frame's name has one number in it, the names of the files are
    alike but for one number, which no two of them share, and it is known whether that number counts from 0 or from 1.
    """

    def __init__(self, folder: Path, files: dict[str, Path], noun: str) -> None:
        self.folder = folder
        self.files = files
        self.noun = noun
        self._numbers = _by_number(files)
        self._first: int | None = None
        self._matched: str = ""

    def find(self, name: str) -> Path | None:
        """Return the file of frame ``name``, None where there is none; frames are asked for from the first on.

        Raises:
            InputError: there is one by its number, but that may count from 0 or from 1.
        """
        numbers = re.findall(r"\d+", name)
        number = int(numbers[0]) if len(numbers) == 1 else None
        if number is not None and (self._first is None or number < self._first):
            self._first = number
        if name in self.files:
            return self.files[name]
        file = self._numbers.get(number) if number is not None else None
        if file is None:
            return None
        reason = self._doubt(same=numbers[0] in re.findall(r"\d+", file.stem))
        if reason:
            raise InputError(f"{self.folder}: {file.name} may belong to another frame than {name}: {reason}")
        self._matched = self._matched or f"{file.name} to frame {name}"
        return file

    def check_numbers(self, names: Sequence[str]) -> None:
        """Raise InputError when the files are numbered one higher than all the frames, ``names``."""
        numbers = [int(found[0]) for name in names if len(found := re.findall(r"\d+", name)) == 1]
        exact = any(name in self.files for name in names)
        if exact or not numbers or not self._numbers or min(numbers) in self._numbers:
            return
        if max(self._numbers) == max(numbers) + 1:
            raise InputError(
                f"{self.folder}: the {self.noun}s are numbered to {max(self._numbers)}, the frames from {min(numbers)} "
                f"to {max(numbers)}, so one of the two counts from 1; {self._mend}"
            )

    def check_counting(self, names: Sequence[str], count: int | None) -> None:
        """Raise InputError when the files are those of all ``count`` frames but counted from one more or less.

        That is what frames become that FFmpeg wrote (it counts from 1) beside a video file (counted from 0): each name
        but one is a frame's, and each the wrong one's. ``names`` are the known ones of the frames, from the first on.
        """
        numbers = [int(found[0]) for name in names if len(found := re.findall(r"\d+", name)) == 1]
        if count is None or not numbers or len(numbers) != len(names) or len(self._numbers) != count:
            return
        frames = set(numbers) if len(names) == count else set(range(numbers[0], numbers[0] + count))
        for shift in (1, -1):
            if count > 1 and set(self._numbers) == {number + shift for number in frames}:
                raise InputError(
                    f"{self.folder}: the {self.noun}s are counted from {min(self._numbers)}, the frames from "
                    f"{min(frames)}, as many as these, so each would go to its neighbour; {self._mend}, "
                    "or, if they are right so, --missing fill"
                )

    @property
    def notes(self) -> list[str]:
        """What the user should know: that files were matched by number."""
        if not self._matched:
            return []
        return [f"the {self.noun}s were matched to frames by the number in their names, as {self._matched}"]

    @property
    def alike(self) -> list[Path]:
        """Files that are named alike but for numbers, where most are; else all. Others may be anything."""
        kinds = {stem: re.sub(r"\d+", "#", stem) for stem in self.files}
        most, count = Counter(kinds.values()).most_common(1)[0]
        return [file for stem, file in self.files.items() if 2 * count < len(kinds) or kinds[stem] == most]

    @property
    def held(self) -> str:
        """What is there, in words."""
        names = list(self.files)
        if len(names) == 1:
            return f"one {self.noun}, {names[0]}"
        return f"{len(names)} {self.noun}s, {names[0]} to {names[-1]}"

    def _doubt(self, *, same: bool) -> str:
        """Why a number may not be the frame's; ``same``: it is written as in the frame's name, with its padding."""
        first, low = self._first, min(self._numbers)
        if first == 1 and low == 0:
            return f"the {self.noun}s are counted from 0, the frames from 1; {self._mend}"
        if same or first is None or (first in self._numbers and not (first > 1 and low < 2)):
            return ""
        if first > 1:
            return f"the {self.noun}s are counted from {low}, the frames from {first}; {self._mend}" if low < 2 else ""
        return f"nothing tells whether the {self.noun}s are counted from 0 or from 1; {self._mend}"

    @property
    def _mend(self) -> str:
        return f"name the {self.noun}s as the frames"


def _by_number(stems: dict[str, Path]) -> dict[int, Path]:
    """Files by the one number that tells their names apart; empty when there is no such number."""
    parts = [re.split(r"(\d+)", stem) for stem in stems]
    if len({len(part) for part in parts}) != 1:
        return {}
    varying = [place for place in range(len(parts[0])) if len({part[place] for part in parts}) > 1]
    if not varying and len(parts[0]) == 3:  # a single map with a single number
        varying = [1]
    if len(varying) != 1 or varying[0] % 2 == 0:
        return {}
    numbers = {int(part[varying[0]]): file for part, file in zip(parts, stems.values(), strict=True)}
    return numbers if len(numbers) == len(stems) else {}
