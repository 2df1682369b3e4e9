"""The commands of README and of the pages for users run, on a small stand-in for every file that they name: ``wrap``
up to its first frame (``--dry-run``), the others whole. What they need is made once."""

from __future__ import annotations

import functools
import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from published_layouts import davis_2016, write_maps
from small_graphs import mean_graph
from test_documented_commands import ROOT, commands
from tiny_videos import noise_frames, write_video

from vsodboost.cli import labels, main
from vsodboost.io.atomic import write_png
from vsodboost.pipeline import plan
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import Request

PAGES = ["README.md", "docs/labels.md", "docs/report.md"]
LEFT_OUT = ("studio", "train", "labels generate")
"""Commands that do not end by themselves, or train networks or want trained ones: that they are understood is tested
elsewhere."""
FRAMES = 6


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with everything that the commands name."""
    folder = tmp_path_factory.mktemp("world")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(str(folder))
        patch.setattr(plan, "Plan", functools.partial(plan.Plan, working=lambda size: (64, 96)))
        patch.setattr(labels, "_boosted", _boosted)
        patch.setattr(Registry, "build", _built_once(Registry.build))
        write_video(Path("clip.mp4"), noise_frames(FRAMES))
        made = davis_2016(folder)
        write_maps(made, Path("my_maps"), noise=0.3, every=True)
        write_maps(made, Path("out"), noise=0.1, every=True)
        mean_graph(Path("model.onnx"), (1, 3, 32, 32))
        Path("my_module.py").write_text("def network(frames):\n    return frames.max(axis=3) / 255\n")
        for name in ("drawn/00002.png", "labels/clip/00002.png"):
            write_png(Path(name), np.full((48, 64), 255, np.uint8))
        for video, count in (("clip", FRAMES), ("blackswan", 3)):
            _results(Path("out") / video, count)
        yield folder


def _built_once(build: Callable[..., Any]) -> Callable[..., Any]:
    """``Registry.build``, which makes each part once: none of them is used."""
    built: dict[tuple[str, ...], Any] = {}

    def once(self: Registry, kind: str, name: str, request: Request | None = None) -> Any:
        key = (kind, name, str(request))
        if key not in built:
            built[key] = build(self, kind, name, request)
        return built[key]

    return once


def _results(folder: Path, count: int) -> None:
    """What an earlier ``wrap`` left, but for maps that are there."""
    folder.mkdir(exist_ok=True)
    rows = [f"{t:05d},0,.5,.5,{0.9 - 0.1 * (t % 3)},.6," for t in range(count)]
    head = "frame,mined,quality,consistency,trust,target_trust,flag"
    (folder / "frames.csv").write_text("\n".join([head, *rows]) + "\n")
    source = "clip.mp4" if folder.name == "clip" else "DAVIS"
    run = {"video": folder.name, "path": source, "frames": count, "trust": 0.8, "target_trust": 0.6, "mined": 0}
    (folder / "run.json").write_text(json.dumps({**run, "flags": {}, "cuts": [], "settings": {"target": "lite"}}))
    if folder.name == "clip":
        for t in range(count):
            write_png(folder / f"{t:05d}.png", np.zeros((48, 64), np.uint8))


def _boosted(source: Any, *_: Any) -> Any:
    """What ``labels suggest`` sees of a video that it boosts."""
    names = [frame.name for frame in source.frames()]
    trust = np.linspace(0.3, 0.9, len(names)).astype(np.float32)
    return labels._Seen(names, trust, np.zeros((len(names), 3), np.float32), [])


def _tried(words: list[str]) -> list[str]:
    """What makes a trial of a ``wrap``. Each command stands for itself, so results of others that the stand-in has in
    its output folder are in no one's way, unless it is about them."""
    about_results = {"--resume", "--overwrite"} & set(words)
    return ["--dry-run", "--device", "cpu", *([] if about_results else ["--overwrite"])]


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_run(page: str, world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = 0
    for command in commands((ROOT / page).read_text(encoding="utf-8")):
        if command.startswith(LEFT_OUT):
            continue
        words = shlex.split(command)
        with pytest.raises(SystemExit) as left:
            main([*words, *_tried(words)] if words[0] == "wrap" else words)
        said = capsys.readouterr()
        assert not left.value.code, f"{page}: vsodboost {command}: {said.err}"
        ran += 1
    assert ran >= 3
