"""Do two checkouts write the same? Compare what ``vsodboost wrap`` makes with each, file by file, on this machine.

    python benchmarks/same.py ../before . --quick
    python benchmarks/same.py ../before . --videos clip.mp4 DAVIS/JPEGImages/480p/camel --maps MAPS --out compared
    python benchmarks/same.py ../before . --renamed still=static --renamed untaught=untuned --ignore settings

Both checkouts run the same commands on the same inputs with this one interpreter, so that nothing but their own code
differs: the boosters, their paper profiles and the scope of a data set on a small made video (maps:DIR, lite, a torch
model), and lite, or the ``--maps``, on each of ``--videos``. A line for every file that differs, with the largest
difference of PNGs in grey levels; exit 1 if there is one, or if a command fails.

How a checkout's own code is run, whatever is installed: a folder is made with a link for every package of its
pyproject.toml (``[tool.setuptools] package-dir``) and a ``.dist-info`` with its entry points, and PYTHONPATH begins
with that folder. Python looks there before site-packages and before the finders of editable installs, for modules as
for entry points; where it found them is checked before the first command. Other packages' plugins are not loaded.

In .json files timings, versions and paths are not compared (``IGNORED``), nor the keys named by ``--ignore``; all else
is compared byte by byte. ``--renamed OLD=NEW`` allows for a word that B calls otherwise, as a whole cell of a .csv or a
whole string or key of a .json.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

IGNORED = frozenset({"seconds", "seconds_total", "versions", "path"})
"""Keys of .json files that are never compared."""
MODEL = """\
import torch


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.blur = torch.nn.Conv2d(3, 1, 5, padding=2)
        torch.nn.init.constant_(self.blur.weight, 0.05)
        torch.nn.init.constant_(self.blur.bias, -0.5)

    def forward(self, images):
        return self.blur(images)
"""
COUNT, SIZE, STEP = 9, (96, 144), 4
"""Frames of the made video, their (height, width), and the px its square moves from one to the next."""
CUT = 7
"""Frame of the made video from which on nothing moves."""


@dataclass(frozen=True)
class Command:
    """``vsodboost wrap`` with ``arguments``; ``name`` is its folder in the output."""

    name: str
    arguments: tuple[str, ...]


def make_inputs(folder: Path) -> None:
    """Write the made video (``made/``), its maps (``maps/made/``), labels (``labels/made/``) and a torch model."""
    rng = np.random.default_rng(0)
    ground, other = (cv2.resize(rng.integers(30, 110, (24, 36, 3), np.uint8), SIZE[::-1]) for _ in range(2))
    thing = cv2.resize(rng.integers(150, 250, (8, 8, 3), np.uint8), (36, 36))
    for t in range(COUNT):
        frame, x = (ground, 12 + STEP * t) if t < CUT else (255 - other, 60)
        frame = frame.copy()
        frame[30:66, x : x + 36] = thing
        label = np.zeros(SIZE, np.uint8)
        label[30:66, x : x + 36] = 255
        _write(folder / "made" / f"{t:05d}.png", frame)
        _write(folder / "maps" / "made" / f"{t:05d}.png", cv2.GaussianBlur(label, (0, 0), 3) // 2 + 40)
        if t in (0, 4):
            _write(folder / "labels" / "made" / f"{t:05d}.png", label)
    (folder / "small_model.py").write_text(MODEL, encoding="utf-8")


def _write(path: Path, image: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), image):
        raise OSError(f"{path}: cannot be written")


def commands(inputs: Path, videos: Sequence[Path], maps: Path | None, *, quick: bool) -> list[Command]:
    """What is run: on the made video in ``inputs``, then on every one of ``videos``; ``quick`` leaves most out."""
    made, target = str(inputs / "made"), ("-t", f"maps:{inputs / 'maps'}")
    labels = ("--labels", str(inputs / "labels"))
    twin = ("-t", f"torch:{inputs / 'small_model.py'}:Small", "--booster-option", "rate=0.01")
    paper = ("--profile", "paper", "--flow", "dis")
    light = ("--motion", "mqpm", "--spatial-model", "lite")
    runs: dict[str, tuple[str, ...]] = {
        "mqp": target,
        "lite-longterm": ("--booster", "longterm"),
        "twin-keyframe": (*twin, "--booster", "keyframe"),
        "labels": (*target, *labels, "--booster", "labels"),
    }
    if not quick:
        runs |= {
            "lite-mqp": ("--write", "overlay"),
            "lite-keyframe": ("--booster", "keyframe"),
            "longterm": (*target, "--booster", "longterm"),
            "keyframe": (*target, "--booster", "keyframe"),
            "camera-farneback": (*target, "--motion", "camera", "--flow", "farneback", "--seed", "3"),
            "dataset": (*target, "--scope", "dataset"),
            "mqp-paper": (*target, *paper, *light),
            "longterm-paper": (
                *target,
                *paper,
                *light,
                "--booster",
                "longterm",
                "--detector",
                "blobs",
            ),
            "keyframe-paper": (*twin, *paper, "--motion", "mqpm", "--booster", "keyframe"),
            "labels-paper": (
                *target,
                *labels,
                *paper,
                *light,
                "--booster",
                "labels",
                "--booster-option",
                "network=fgplg",
            ),
        }
    found = [Command(name, (made, *chosen, "--buffer", "5", "--steps", "3")) for name, chosen in runs.items()]
    own = ("-t", f"maps:{maps}") if maps is not None else ()
    for i, video in enumerate(videos):
        for booster in ("mqp",) if quick else ("mqp", "longterm", "keyframe"):
            found.append(Command(f"{i}-{video.stem}-{booster}", (str(video), *own, "--booster", booster)))
    return found


def stand_in(checkout: Path, folder: Path) -> Path:
    """Make ``folder``, from which Python imports the packages of ``checkout`` and reads its entry points.

    Raises:
        ValueError: the checkout has no pyproject.toml that says where its packages lie.
    """
    try:
        with (checkout / "pyproject.toml").open("rb") as file:
            project = tomllib.load(file)
        name, version = project["project"]["name"], project["project"]["version"]
        packages, groups = project["tool"]["setuptools"]["package-dir"], project["project"]["entry-points"]
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{checkout}: no checkout of vsodboost ({type(error).__name__}: {error})") from error
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    lines = []
    for group, points in groups.items():
        lines += [f"[{group}]", *(f"{key} = {value}" for key, value in points.items()), ""]
    (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    for package, where in packages.items():
        (folder / package).symlink_to((checkout / where).resolve(), target_is_directory=True)
    return folder


def environment(stand: Path) -> dict[str, str]:
    """This process's environment with ``stand`` before everything else, and no other package's plugins."""
    path = os.pathsep.join(filter(None, (str(stand), os.environ.get("PYTHONPATH", ""))))
    return {**os.environ, "PYTHONPATH": path, "VSODBOOST_LOAD_PLUGINS": "", "PYTHONDONTWRITEBYTECODE": "1"}


def found_at(stand: Path) -> dict[str, str]:
    """Where Python finds each linked package, and vsodboost's entry points, if started for ``stand``."""
    packages = [path.name for path in stand.iterdir() if path.is_symlink()]
    script = (
        "import importlib, importlib.metadata as m, json, os; "
        f"found = {{p: os.path.realpath(importlib.import_module(p).__path__[0]) for p in {packages!r}}}; "
        "found['entry points'] = os.path.realpath(m.distribution('vsodboost')._path); print(json.dumps(found))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(stand),
        cwd=stand.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def check(checkout: Path, stand: Path) -> None:
    """Raises ValueError where Python, started for ``stand``, takes a package or the entry points from elsewhere."""
    for name, where in found_at(stand).items():
        expected = checkout if (stand / name).is_symlink() else stand
        if not Path(where).is_relative_to(expected.resolve()):
            raise ValueError(f"{checkout}: Python takes {name} from {where}; is it preloaded by a .pth file?")


def run(command: Command, stand: Path, out: Path, device: str) -> str | None:
    """Run one command with the checkout that ``stand`` is for; the last line of its error if it fails."""
    line = [sys.executable, "-m", "vsodboost", "wrap", *command.arguments]
    line += ["--device", device, "--quiet", "-o", str(out / command.name)]
    done = subprocess.run(line, env=environment(stand), cwd=stand.parent, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    return f"exit {done.returncode}: {(done.stderr.strip().splitlines() or ['(silent)'])[-1]}"


def compare(
    a: Path, b: Path, renamed: Mapping[str, str] | None = None, ignored: Collection[str] = IGNORED
) -> Iterator[str]:
    """A line for every file below the folders ``a`` and ``b`` that differs or is in one of them alone.

    ``renamed`` are words of ``a`` and what ``b`` calls them; ``ignored`` are keys of .json files.
    """
    files = [{path.relative_to(top): path for path in top.rglob("*") if path.is_file()} for top in (a, b)]
    for name in sorted(files[0].keys() | files[1].keys()):
        if name not in files[1]:
            yield f"{name}: only in A"
        elif name not in files[0]:
            yield f"{name}: only in B"
        elif (said := difference(files[0][name], files[1][name], renamed or {}, ignored)) is not None:
            yield f"{name}: {said}"


def difference(a: Path, b: Path, renamed: Mapping[str, str], ignored: Collection[str]) -> str | None:
    """What is different in two files of one name, None if nothing is."""
    old, new = a.read_bytes(), b.read_bytes()
    if old == new:
        return None
    if a.suffix == ".png":
        return _pixels(a, b)
    try:
        if a.suffix == ".csv":
            return _cells(old.decode(), new.decode(), renamed)
        if a.suffix == ".json":
            return _values(json.loads(old), json.loads(new), renamed, ignored)
    except ValueError as error:  # no text or no JSON: then the bytes are what there is to compare
        return f"bytes differ ({error})"
    return f"bytes differ ({len(old)} and {len(new)} of them)"


def _pixels(a: Path, b: Path) -> str:
    old, new = (cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in (a, b))
    if old is None or new is None:
        return "bytes differ, and one of them is no image"
    if old.shape != new.shape or old.dtype != new.dtype:
        return f"{old.dtype}{old.shape} and {new.dtype}{new.shape}"
    apart = np.abs(old.astype(np.int64) - new)
    if not apart.any():
        return "bytes differ, pixels do not"
    return f"up to {apart.max()} levels apart, {np.count_nonzero(apart)} of {apart.size} values differ"


def _cells(old: str, new: str, renamed: Mapping[str, str]) -> str | None:
    rows = [list(csv.reader(io.StringIO(text))) for text in (old, new)]
    rows[0] = [[renamed.get(cell, cell) for cell in row] for row in rows[0]]
    if [len(row) for row in rows[0]] != [len(row) for row in rows[1]]:
        return "another number of rows or columns"
    pairs = [
        (f"{row_a[0]} {column}", x, y)
        for row_a, row_b in zip(*rows, strict=True)
        for column, x, y in zip(rows[1][0], row_a, row_b, strict=True)
        if x != y
    ]
    return f"{len(pairs)} cells, as {pairs[0][0]}: {pairs[0][1]!r} and {pairs[0][2]!r}" if pairs else None


def _values(old: Any, new: Any, renamed: Mapping[str, str], ignored: Collection[str]) -> str | None:
    before, after = dict(_leaves(old, renamed, ignored)), dict(_leaves(new, {}, ignored))
    keys = [key for key in {**before, **after} if key not in before or key not in after or before[key] != after[key]]
    if not keys:
        return None
    first = keys[0]
    said = [repr(side[first]) if first in side else "nothing" for side in (before, after)]
    return f"{len(keys)} values, as {first}: {said[0]} and {said[1]}"


def _leaves(
    value: Any, renamed: Mapping[str, str], ignored: Collection[str], at: str = ""
) -> Iterator[tuple[str, Any]]:
    """The values in a .json by their place in it; empty lists and dictionaries are values, too."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            if key not in ignored:
                yield from _leaves(inner, renamed, ignored, f"{at}.{renamed.get(key, key)}".lstrip("."))
    elif isinstance(value, list) and value:
        for i, inner in enumerate(value):
            yield from _leaves(inner, renamed, ignored, f"{at}[{i}]")
    else:
        yield at, renamed.get(value, value) if isinstance(value, str) else value


def _rename(text: str) -> tuple[str, str]:
    old, _, new = text.partition("=")
    if not old or not new:
        raise argparse.ArgumentTypeError(f"'{text}' is not OLD=NEW")
    return old, new


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("a", type=Path, metavar="A", help="the checkout as it was")
    parser.add_argument("b", type=Path, metavar="B", help="the checkout as it is")
    parser.add_argument("--videos", type=Path, nargs="+", default=[], help="more videos: files or folders of frames")
    parser.add_argument("--maps", type=Path, help="folder of a target's maps of --videos (default: target lite)")
    parser.add_argument("--out", type=Path, help="keep inputs and outputs here (a new folder; default: nowhere)")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these commands, by their names in the output")
    parser.add_argument("--quick", action="store_true", help="a few commands instead of all")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--renamed", type=_rename, action="append", default=[], metavar="OLD=NEW")
    parser.add_argument("--ignore", action="append", default=[], metavar="KEY", help="a key of .json files")
    chosen = parser.parse_args(arguments)
    if chosen.out is not None and chosen.out.exists():
        parser.error(f"{chosen.out} exists; name a new folder")
    with tempfile.TemporaryDirectory() as temporary:
        top = (chosen.out or Path(temporary) / "compared").resolve()
        inputs, stands = top / "inputs", {side: Path(temporary) / f"code-{side}" for side in "AB"}
        make_inputs(inputs)
        for side, checkout in (("A", chosen.a), ("B", chosen.b)):
            try:
                check(checkout, stand_in(checkout, stands[side]))
            except ValueError as error:
                parser.error(str(error))
        videos = [video.resolve() for video in chosen.videos]
        maps = None if chosen.maps is None else chosen.maps.resolve()
        todo = commands(inputs, videos, maps, quick=chosen.quick)
        todo = [command for command in todo if chosen.only is None or command.name in chosen.only]
        bad = 0
        for command in todo:
            failed = {side: run(command, stands[side], top / side, chosen.device) for side in "AB"}
            said = [f"failed with {side}, {error}" for side, error in failed.items() if error is not None]
            folders = (top / "A" / command.name, top / "B" / command.name)
            said += compare(*folders, renamed=dict(chosen.renamed), ignored=IGNORED | set(chosen.ignore))
            for line in said:
                print(f"{command.name}: {line}", flush=True)
            bad += len(said)
            if not said:
                count = sum(1 for path in folders[0].rglob("*") if path.is_file())
                print(f"{command.name}: the same, {count} files", flush=True)
        print(f"{len(todo)} commands, {bad} differences" if todo else "no command of that name")
    return 1 if bad or not todo else 0


if __name__ == "__main__":
    sys.exit(main())
