"""What the studio works on: the videos of an output folder, their rounds and their labels.

OUT/<video>/                            round 0: what vsodboost wrap wrote, or the studio's first boost
OUT/.studio/token                       who may speak to the server
OUT/.studio/videos/<video>/source.json  where the video lies
                           labels/      every version of every label
                           frames/      frames as JPEG, for speed; may be deleted
                           rounds/<n>/  labels/<video>/<frame>.png, <video>/ (the results), job.json
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from vsodboost.data.errors import InputError, UsageError
from vsodboost.data.video import VideoSource
from vsodboost.io.atomic import write_errors, write_text
from vsodboost.io.output_paths import safe_name, video_folder
from vsodboost.io.recorded_path import recorded_path
from vsodboost.io.stored import own_map, own_rows
from vsodboost.studio.frame_store import FrameStore
from vsodboost.studio.label_store import LabelStore
from vsodboost.studio.rounds import Round, Rounds
from vsodboost.writers.report.existing import read_json, source_of

STUDIO = ".studio"
"""A video cannot be called so: names of outputs do not begin with a point."""


class Video:
    """One video: where it lies, its rounds and its labels. ``options`` are the settings of a first boost."""

    def __init__(self, name: str, path: Path, out: Path, options: Mapping[str, Any]) -> None:
        self.name, self.path, self.options = name, path, dict(options)
        self.out = out
        self._names: list[str] = []
        self.place = out / STUDIO / "videos" / safe_name(name)
        self.rounds = Rounds(name, video_folder(out, name), self.place / "rounds")

    @cached_property
    def source(self) -> VideoSource:
        """The video itself, or the part of it that was boosted. Raises UsageError when it is no longer there."""
        run = self.rounds.round(0).folder / "run.json"
        settings = read_json(run).get("settings", {}) if run.exists() else self.options
        try:
            return source_of({"path": str(self.path), "video": self.name, "settings": settings}, self.out)
        except UsageError as error:
            mend = f"; if it was moved, name it: vsodboost studio VIDEO -o {self.out}"
            raise UsageError(f"{error}{mend}") from error

    @cached_property
    def frames(self) -> FrameStore:
        """Its frames, one by one."""
        return FrameStore(self.source, self.place / "frames")

    @cached_property
    def size(self) -> tuple[int, int]:
        """(H, W) px of its frames. Raises InputError when there is none."""
        finished = self.rounds.finished()
        if finished:  # maps are as large, and there although the video may be gone
            height, width = own_map(finished[0].folder, self.names()[0]).shape
            return int(height), int(width)
        for frame in self.source.frames():
            return int(frame.image.shape[0]), int(frame.image.shape[1])
        raise InputError(f"{self.path}: no frame in it")

    @cached_property
    def labels(self) -> LabelStore:
        """Its labels."""
        return LabelStore(self.place / "labels", self.size)

    def names(self) -> list[str]:
        """Return the names of its frames, as the results have them; none before the first boost is done."""
        finished = self.rounds.finished()
        if finished and not self._names:
            self._names = [row["frame"] for row in own_rows(finished[0].folder / "frames.csv")]
        return self._names

    def work(self, round_: Round, writers: Sequence[str], *, resume: bool) -> dict[str, Any]:
        """Return what the worker is to do for a round; a new one gets the labels as they are now.

        Raises:
            UsageError: a round after the first one, and no label.
        """
        options, out = self.options, self.out
        if round_.number > 0:
            out, labels = round_.place, round_.place / "labels"
            if not resume and not self.labels.write_to(labels / self.name):
                raise UsageError("paint a frame first: without any label the result would be the same again")
            first = read_json(self.rounds.round(0).folder / "run.json").get("settings", {})
            chosen = {"booster": "labels", "booster_options": {"labels": str(labels)}, "profile": "fast"}
            here = {"executor": "local", "scope": "video", "carry_over": False}  # one video, whatever the first run was
            options = {**first, **chosen, **here}
        names = list(dict.fromkeys(("report", *writers)))
        work = {"path": str(self.source.path), "name": self.name, "out": str(out), "options": options}
        return {**work, "writers": names, "resume": resume}


class Workspace:
    """The videos by name, the results in ``out``."""

    def __init__(self, out: Path, sources: Sequence[VideoSource], options: Mapping[str, Any]) -> None:
        self.out = out
        self.videos: dict[str, Video] = {}
        for source in sources:
            self._add(source.name, source.path, options)
        self._remember()
        for folder in sorted(out.iterdir()) if out.is_dir() else ():
            if not folder.name.startswith(".") and (folder / "run.json").is_file() and folder.name not in self.videos:
                self._add(folder.name, recorded_path(read_json(folder / "run.json"), out), options)
        for known in sorted((out / STUDIO / "videos").glob("*/source.json")):
            if known.parent.name not in self.videos:
                self._add(known.parent.name, Path(str(read_json(known)["path"])), options)
        if not self.videos:
            raise UsageError(f"{out} holds no results; name a video, or the output folder of vsodboost wrap")
        for video in self.videos.values():
            for round_ in video.rounds.all():
                if round_.job.get("state") == "running":  # the studio was ended in the middle of it
                    round_.note(state="stopped")

    def token(self) -> str:
        """Return the token of this folder, made when first asked for: tabs outlive a server that is started again."""
        file = self.out / STUDIO / "token"
        with write_errors(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                opened = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)  # nobody else may read it
            except FileExistsError:
                pass
            else:
                with os.fdopen(opened, "w", encoding="utf-8") as made:
                    made.write(secrets.token_urlsafe(24))
        return file.read_text(encoding="utf-8").strip()

    def _add(self, name: str, path: Path, options: Mapping[str, Any]) -> None:
        self.videos[name] = Video(name, path.absolute() if path.exists() else path, self.out, options)

    def _remember(self) -> None:
        for video in self.videos.values():
            write_text(video.place / "source.json", json.dumps({"path": str(video.path)}))
