"""Small data sets, each laid out as it is published; what is in them is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from map_files import SIZE, blob, write
from numpy.typing import NDArray
from PIL import Image

Mask = NDArray[np.bool_]
RED, GREEN, WHITE, BLACK = (128, 0, 0), (0, 128, 0), (255, 255, 255), (0, 0, 0)


@dataclass
class Published:
    """A data set on disk: what ``read_dataset`` shall find in ``root``."""

    root: Path
    layout: str
    summary: str
    truths: dict[str, dict[str, Mask]] = field(default_factory=dict)
    """Masks by sequence and frame, in order."""
    frames: dict[str, list[str]] = field(default_factory=dict)
    """All frames by sequence, in order; empty where only masks are at hand."""

    def add(self, sequence: str, frame: str, mask: Mask | None, *, shown: bool = True) -> None:
        if shown:
            self.frames.setdefault(sequence, []).append(frame)
        else:
            self.frames.setdefault(sequence, [])
        if mask is not None:
            self.truths.setdefault(sequence, {})[frame] = mask


def mask(sequence: int, t: int) -> Mask:
    """Truth of frame ``t``: never empty, never full."""
    found: Mask = blob(100 * sequence + t) > 0.55
    return found


def photo(t: int) -> NDArray[np.uint8]:
    """A frame in colour."""
    return np.random.default_rng(t).integers(0, 255, (*SIZE, 3), np.uint8)


def grey(mask: Mask) -> NDArray[np.uint8]:
    return mask.astype(np.uint8) * 255


def objects(mask: Mask) -> NDArray[np.uint8]:
    """The mask's left half as object 1, its right half as object 2."""
    return np.where(mask, np.where(np.arange(mask.shape[1]) < mask.shape[1] // 2, 1, 2), 0).astype(np.uint8)


def save(path: Path, image: Image.Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def palette(path: Path, numbers: NDArray[np.uint8]) -> None:
    image = Image.fromarray(numbers, "P")
    image.putpalette([*BLACK, *RED, *GREEN, *[0] * 759])
    save(path, image)


def coloured(path: Path, numbers: NDArray[np.uint8], colours: list[tuple[int, int, int]]) -> None:
    save(path, Image.fromarray(np.array(colours, np.uint8)[numbers]))


def davis_2016(base: Path) -> Published:
    made = Published(base / "DAVIS", "davis", "davis, 2 sequences")
    for s, name in enumerate(("blackswan", "car-turn")):
        for t in range(3):
            made.add(name, f"{t:05d}", mask(s, t))
            for resolution, scale in (("480p", 1), ("1080p", 2)):
                big = grey(mask(s, t)).repeat(scale, 0).repeat(scale, 1)
                write(made.root / "Annotations" / resolution / name / f"{t:05d}.png", big)
                frame = photo(t).repeat(scale, 0).repeat(scale, 1)
                write(made.root / "JPEGImages" / resolution / name / f"{t:05d}.jpg", frame)
    (made.root / "ImageSets" / "480p").mkdir(parents=True)
    (made.root / "ImageSets" / "480p" / "val.txt").write_text("blackswan\n")
    return made


def davis_2017(base: Path) -> Published:
    made = Published(base / "DAVIS", "davis", "davis, 1 sequence")
    for t in range(3):
        made.add("bike-packing", f"{t:05d}", mask(0, t))
        write(made.root / "JPEGImages" / "480p" / "bike-packing" / f"{t:05d}.jpg", photo(t))
        palette(made.root / "Annotations_unsupervised" / "480p" / "bike-packing" / f"{t:05d}.png", objects(mask(0, t)))
    return made


def davis_of_the_benchmark(base: Path) -> Published:
    made = Published(base / "DAVIS", "davis", "davis, 1 sequence")
    sequence_folders(made, {"blackswan": range(3)}, "blackswan_{:05d}", "jpg", "ground-truth")
    return made


def segtrack_v2(base: Path) -> Published:
    made = Published(base / "SegTrackv2", "segtrack-v2", "segtrack-v2, 2 sequences")
    for t in range(4):
        whole = mask(1, t)
        if t == 2:  # the second object has left: it has no file
            whole = objects(whole) == 1
        made.add("bmx", f"bmx_06_{t:03d}", whole)
        write(made.root / "JPEGImages" / "bmx" / f"bmx_06_{t:03d}.png", photo(t))
        for number in (1, 2):
            if (t, number) != (2, 2):
                file = made.root / "GroundTruth" / "bmx" / str(number) / f"bmx_06_{t:03d}.png"
                write(file, grey(objects(mask(1, t)) == number))
        made.add("girl", f"girl_{t}", mask(2, t))
        write(made.root / "JPEGImages" / "girl" / f"girl_{t}.bmp", photo(t))
        write(made.root / "GroundTruth" / "girl" / f"girl_{t}.bmp", grey(mask(2, t)))
    (made.root / "ImageSets").mkdir()
    (made.root / "ImageSets" / "all.txt").write_text("*bmx\n*girl\n")
    return made


def davsod(base: Path) -> Published:
    made = Published(base / "Easy-35", "davsod", "davsod, 2 sequences")
    davsod_set(made, made.root, ("select_0398", "select_0449_1"))
    return made


def davsod_sets(base: Path) -> Published:
    made = Published(base / "DAVSOD", "davsod", "davsod, 3 sequences")
    davsod_set(made, made.root / "Easy-35", ("select_0010", "select_0398"))
    davsod_set(made, made.root / "Normal-25", ("select_0099",))
    made.truths = {name: made.truths[name] for name in ("select_0010", "select_0099", "select_0398")}
    return made


def davsod_set(made: Published, root: Path, names: tuple[str, ...]) -> None:
    for name in names:
        for t in range(3):
            stem, truth = f"{398 + t:04d}", mask(len(name) + names.index(name), t)
            made.add(name, stem, truth)
            for folder in ("Imgs", "Imgs_fused"):
                write(root / name / folder / f"{stem}.png", photo(t))
            write(root / name / "GT_object_level" / f"{stem}.png", grey(truth))
            palette(root / name / "GT_instance_level" / f"{stem}.png", objects(~truth))  # must not be read
            write(root / name / "Fixation_maps" / f"{stem}.png", grey(~truth))


def fbms(base: Path) -> Published:
    """Background white by Def.dat, white without, black in PGM; numbers of different lengths; probabilities beside."""
    made = Published(base / "FBMS_Testset" / "Testset", "fbms", "fbms, 4 sequences")
    for s, name in enumerate(("camel01", "cars1", "marple2", "tennis")):
        folder = made.root / name
        for t in range(1, 6):
            stem = {"cars1": f"cars1_{t:02d}", "tennis": f"tennis{t:03d}"}.get(name, f"{name}_{t:04d}")
            labelled = t in (1, 4, 5)
            made.add(name, stem, mask(s, t) if labelled else None)
            write(folder / f"{stem}.jpg", photo(t))
            if not labelled:
                continue
            truth, numbers = folder / "GroundTruth", objects(mask(s, t))
            if name == "camel01":
                coloured(truth / f"{stem}_gt.ppm", numbers, [WHITE, BLACK, RED])
            elif name == "cars1":
                coloured(truth / f"{stem}_gt.ppm", numbers, [WHITE, (0, 0, 255), (255, 0, 0)])
                coloured(truth / f"{stem}PROB_gt.ppm", 1 - np.minimum(numbers, 1), [BLACK, WHITE])
            elif name == "marple2":
                save(truth / f"{stem}.pgm", Image.fromarray(np.array([85, 0, 255], np.uint8)[numbers]))
            else:
                save(truth / f"{t:03d}_gt.pgm", Image.fromarray(np.array([0, 60, 255], np.uint8)[numbers]))
        (folder / f"{name}.bmf").write_text("5 1\n")
    # White is region 0 of camel01, and black one of its objects' parts only where region 0 is not white.
    definition(made.root / "camel01", 0xFFFFFF)
    definition(made.root / "marple2", 85)
    for t in (1, 4, 5):  # black is never an object beside a white background
        made.truths["camel01"][f"camel01_{t:04d}"] = objects(mask(0, t)) == 2
    return made


def definition(sequence: Path, scale: int) -> None:
    text = f"Total number of regions:\n3\n\nScale of region 0:\n{scale}\nScale of region 1:\n16711680\n"
    (sequence / "GroundTruth" / f"{sequence.name}Def.dat").write_text(text)


def fbms_parts(base: Path) -> Published:
    made = Published(base / "FBMS-59", "fbms", "fbms, 2 sequences")
    for s, (part, name) in enumerate((("Trainingset", "bear01"), ("Testset", "lion01"))):
        for t in range(1, 4):
            stem = f"{name}_{t:04d}"
            made.add(name, stem, mask(s, t) if t != 2 else None)
            write(made.root / part / name / f"{stem}.jpg", photo(t))
            if t != 2:
                file = made.root / part / name / "GroundTruth" / f"{stem}_gt.ppm"
                coloured(file, objects(mask(s, t)), [BLACK, RED, GREEN])
    return made


def visal(base: Path) -> Published:
    """As its authors give it: all masks in one folder, of every 5th frame."""
    made = Published(base / "DataViSal", "visal", "visal, 2 sequences")
    for s, name in enumerate(("horse2", "horse20")):
        for t in range(11):
            stem, labelled = f"{name}_{t:05d}", t % 5 == 0
            made.add(name, stem, mask(s, t) if labelled else None)
            write(made.root / "ViSal" / name / f"{stem}.jpg", photo(t))
            if labelled:
                write(made.root / "GroundTruth" / f"{stem}.png", grey(mask(s, t)))
    return made


def visal_of_the_benchmark(base: Path) -> Published:
    made = Published(base / "ViSal", "visal", "visal, 2 sequences")
    sequence_folders(
        made, {"aeroplane": range(0, 12, 5), "gokart": range(0, 12, 5)}, "{:05d}", "jpg", "ground-truth", 12
    )
    return made


def vos(base: Path) -> Published:
    """Every 15th frame, sequences and frames numbered without padding."""
    made = Published(base / "VOS_test", "vos", "vos, 2 sequences")
    labelled = range(1, 32, 15)
    sequence_folders(made, {"8": labelled, "100": labelled}, "{:d}", "png", "GT", 32)
    return made


def mcl(base: Path) -> Published:
    """Frames and masks in folders side by side."""
    made = Published(base / "MCL", "mcl", "mcl, 1 sequence")
    for t in range(9):
        made.add("road", f"{t:03d}", mask(0, t) if t % 8 == 0 else None)
        write(made.root / "Videos" / "road" / f"{t:03d}.jpg", photo(t))
        if t % 8 == 0:
            write(made.root / "GT" / "road" / f"{t:03d}.bmp", grey(mask(0, t)))
    return made


def uvsd(base: Path) -> Published:
    made = Published(base / "UVSD", "uvsd", "uvsd, 1 sequence")
    sequence_folders(made, {"PolarBear": range(3)}, "PolarBear_{:03d}", "jpg", "ground-truth")
    return made


def sequence_folders(
    made: Published, labelled: dict[str, range], stem: str, suffix: str, truth: str, count: int = 0
) -> None:
    for s, (name, numbers) in enumerate(labelled.items()):
        for t in range(numbers.start, count or numbers.stop):
            made.add(name, stem.format(t), mask(s, t) if t in numbers else None)
            write(made.root / name / "Imgs" / f"{stem.format(t)}.{suffix}", photo(t))
            if t in numbers:
                write(made.root / name / truth / f"{stem.format(t)}.png", grey(mask(s, t)))


def youtube_objects(base: Path) -> Published:
    """Masks are JPEG, numbered with another prefix than the frames."""
    made = Published(base / "YouTube-Objects", "youtube-objects", "youtube-objects, 2 sequences")
    for s, (kind, video, shot) in enumerate((("aeroplane", "0001", "001"), ("cat", "0012", "003"))):
        name, folder = f"{kind}_{video}_{shot}", made.root / kind / "data" / video / "shots" / shot
        for t in range(1, 22):
            labelled = t % 10 == 1
            made.add(name, f"frame{t:04d}", mask(s, t) if labelled else None)
            write(folder / "images" / f"frame{t:04d}.jpg", photo(t))
            if labelled:
                file = folder / "labels" / f"{t:05d}.jpg"
                file.parent.mkdir(exist_ok=True)
                Image.fromarray(grey(mask(s, t))).save(file, quality=100, subsampling=0)
    return made


def stills(base: Path, root: str, layout: str, image: str, truth: str, suffix: str = "jpg") -> Published:
    made = Published(base / root, layout, f"{layout}, 3 stills")
    for t in range(3):
        stem = f"ILSVRC2012_test_{7 * t:08d}"
        made.add(root, stem, mask(0, t))
        write(made.root / image / f"{stem}.{suffix}", photo(t))
        write(made.root / truth / f"{stem}.png", grey(mask(0, t)))
    return made


def duts(base: Path) -> Published:
    made = Published(base / "DUTS", "duts", "duts, 6 stills")
    for s, part in enumerate(("DUTS-TE", "DUTS-TR")):
        for t in range(3):
            stem = f"sun_{s}{t}"
            made.add(part, stem, mask(s, t))
            write(made.root / part / f"{part}-Image" / f"{stem}.jpg", photo(t))
            write(made.root / part / f"{part}-Mask" / f"{stem}.png", grey(mask(s, t)))
    return made


def plain(base: Path) -> Published:
    made = Published(base / "gt", "plain", "plain, 2 sequences")
    for s, name in enumerate(("cows", "libby")):
        for t in (1, 2, 10):
            made.add(name, str(t), mask(s, t), shown=False)
            write(made.root / name / f"{t}.png", grey(mask(s, t)))
    return made


def plain_beside_frames(base: Path) -> Published:
    """A folder of masks in that of the frames, of anybody's set."""
    made = Published(base / "my clips", "plain", "plain, 1 sequence")
    for t in range(4):
        made.add("cows", f"{t}", mask(0, t) if t % 2 else None)
        write(made.root / "cows" / f"{t}.png", photo(t))
        if t % 2:
            write(made.root / "cows" / "masks" / f"{t}.png", grey(mask(0, t)))
    return made


def plain_side_by_side(base: Path) -> Published:
    made = Published(base / "FBMS" / "val", "plain", "plain, 1 sequence")
    for t in range(3):
        made.add("lion01", f"{t:05d}", mask(0, t))
        write(made.root / "images" / "lion01" / f"{t:05d}.jpg", photo(t))
        write(made.root / "flows" / "lion01" / f"{t:05d}.jpg", photo(t + 50))
        write(made.root / "labels" / "lion01" / f"{t:05d}.png", grey(mask(0, t)))
    return made


LAYOUTS: dict[str, Callable[[Path], Published]] = {
    "davis 2016": davis_2016,
    "davis 2017": davis_2017,
    "davis of the benchmark": davis_of_the_benchmark,
    "segtrack-v2": segtrack_v2,
    "davsod": davsod,
    "davsod, several sets": davsod_sets,
    "fbms": fbms,
    "fbms, both parts": fbms_parts,
    "visal": visal,
    "visal of the benchmark": visal_of_the_benchmark,
    "vos": vos,
    "mcl": mcl,
    "uvsd": uvsd,
    "youtube-objects": youtube_objects,
    "duts": duts,
    "duts-tr": lambda base: stills(base, "DUTS-TR", "duts", "DUTS-TR-Image", "DUTS-TR-Mask"),
    "msra10k": lambda base: stills(base, "MSRA10K_Imgs_GT", "msra10k", "Imgs", "Imgs"),
    "msra-b": lambda base: stills(base, "MSRA-B", "msra-b", "image", "annotation"),
    "msra-b, one folder": lambda base: stills(base, "MSRA-B", "msra-b", "", ""),
    "hku-is": lambda base: stills(base, "HKU-IS", "hku-is", "imgs", "gt", "png"),
    "ecssd": lambda base: stills(base, "ECSSD", "ecssd", "images", "ground_truth_mask"),
    "stills": lambda base: stills(base, "anything", "stills", "images", "masks"),
    "plain": plain,
    "plain beside frames": plain_beside_frames,
    "plain side by side": plain_side_by_side,
}


def write_maps(made: Published, folder: Path, *, noise: float = 0.0, every: bool = False) -> dict[str, dict[str, Any]]:
    """Maps of the labelled frames (``every``: of all) as ``folder/<sequence>/<frame>.png``; what was written.

    Without noise they are the truth itself.
    """
    written: dict[str, dict[str, Any]] = {}
    for s, (name, truths) in enumerate(made.truths.items()):
        for t, frame in enumerate(made.frames[name] if every and made.frames[name] else truths):
            truth = truths.get(frame, np.zeros(SIZE, bool)).astype(float)
            map_ = ((1 - noise) * truth + noise * blob(1000 + 50 * s + t)) * 255
            written.setdefault(name, {})[frame] = map_.astype(np.uint8)
            write(folder / name / f"{frame}.png", written[name][frame])
    return written
