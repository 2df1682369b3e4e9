"""Work for executors that leave the process: it does what the video's name says, to itself if need be."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vsodboost.data.errors import InputError, VsodboostError
from vsodboost.data.video import UnreadableSource


def video(name: str) -> UnreadableSource:
    """A video of that name; nobody reads it."""
    return UnreadableSource(name, Path(name), InputError("not to be read"))


def quiet(event: str, video: str, value: Any) -> None:
    """Listen to nothing."""


@dataclass(frozen=True)
class Deeds:
    """Work whose videos are deeds; ``folder`` counts the tries of each, ``heard_of`` collects what is relayed."""

    folder: Path
    tell: Callable[[str, str, Any], None] = quiet
    relayed: list[tuple[str, str, Any]] = field(default_factory=list)
    resume: bool = False

    def __reduce__(self) -> tuple[Any, ...]:
        return Deeds, (self.folder,)

    def watched(self, tell: Callable[[str, str, Any], None], *, resume: bool = False) -> Deeds:
        """The same, told elsewhere."""
        return Deeds(self.folder, tell, self.relayed, resume)

    def relay(self, event: str, video: str, value: Any) -> None:
        """Keep what happened."""
        self.relayed.append((event, video, value))

    def __call__(self, source: Any) -> dict[str, Any]:
        """Do what the name says."""
        name = source.name
        mark = self.folder / name
        tries = int(mark.read_text()) + 1 if mark.exists() else 1
        mark.write_text(str(tries))
        self.tell("started", name, None)
        getattr(self, name.partition("-")[0])(name, tries)
        return {"video": name, "pid": os.getpid(), "folder": str(Path.cwd()), "resume": self.resume, "tries": tries}

    def fine(self, name: str, tries: int) -> None:
        self.tell("frames", name, 3)

    def fails(self, name: str, tries: int) -> None:
        raise InputError("it cannot be read")

    def full(self, name: str, tries: int) -> None:
        raise VsodboostError("the disk is full")

    def hangs(self, name: str, tries: int) -> None:
        self.tell("frames", name, 5)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)

    def exits(self, name: str, tries: int) -> None:
        os._exit(0)

    def crashes(self, name: str, tries: int) -> None:
        ctypes.string_at(0)

    def leaks(self, name: str, tries: int) -> None:
        held = []
        while True:
            held.append(b"x" * (32 << 20))
            self.tell("frames", name, 1)

    def floods(self, name: str, tries: int) -> None:
        for _ in range(200):
            print("x" * 20_000)
            print("y" * 20_000, file=sys.stderr)

    def stumbles(self, name: str, tries: int) -> None:
        """One step forward in each try, then dead; the fourth try ends."""
        if tries < 4:
            self.tell("frames", name, 1)
            os.kill(os.getpid(), signal.SIGKILL)

    def sleeps(self, name: str, tries: int) -> None:
        (self.folder / "pid").write_text(str(os.getpid()))
        time.sleep(600)
