"""``vsodboost doctor``: what is here, whether it works, and a block to paste into a bug report."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from vsodboost.cli.streams import answer, answering

PACKAGES = (
    "vsodboost", "torch", "torchvision", "timm", "numpy", "opencv-python-headless", "opencv-python", "av",
    "onnxruntime", "onnxruntime-gpu", "pillow", "pymatting", "ray",
)  # fmt: skip


@click.command("doctor", short_help="Check this installation; a block for bug reports.")
@click.option("--no-test", is_flag=True, help="Leave the self-test out.")
@answering
def doctor_command(*, no_test: bool) -> None:
    """Say versions, devices, plugins, weights and disk, and boost eight small frames as a test (about ten seconds).

    Paste the block into a bug report: it names no files of yours. Exit code: 0 all is well, 1 something is not.
    """
    wrong: list[str] = []
    answer("```")
    for title, look in LOOKS.items():
        try:
            for line in look():
                answer(f"{title:<10} {line}")
        except Exception as error:
            wrong.append(title)
            answer(f"{title:<10} FAILED: {type(error).__name__}: {' '.join(str(error).split())}")
    if not no_test:
        try:
            answer(f"{'self-test':<10} {_self_test()}")
        except Exception as error:
            wrong.append("self-test")
            answer(f"{'self-test':<10} FAILED: {type(error).__name__}: {' '.join(str(error).split())}")
    answer("```")
    answer(f"not well: {', '.join(wrong)}" if wrong else "all is well")
    sys.exit(1 if wrong else 0)


def _versions() -> list[str]:
    found = [f"python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return [", ".join(found)]


def _system() -> list[str]:
    return [f"{platform.platform()}, {os.cpu_count()} processors"]


def _devices() -> list[str]:
    import torch

    lines = [f"torch: {torch.get_num_threads()} threads, CUDA {torch.version.cuda or 'not in this torch'}"]
    lines += [f"cuda:{i} {torch.cuda.get_device_name(i)}" for i in range(torch.cuda.device_count())]
    return lines


def _providers() -> list[str]:
    try:
        import onnxruntime
    except ImportError:
        return ["onnxruntime is not installed; onnx: targets want it: pip install 'vsodboost[cpu]'"]
    return [", ".join(onnxruntime.get_available_providers())]


def _films() -> list[str]:
    import av

    wanted = {"libx264": "overlay", "prores_ks": "alpha.mov", "libvpx-vp9": "alpha.webm"}
    return [
        ", ".join(f"{c} {'is here' if c in av.codecs_available else 'is MISSING'} ({w})" for c, w in wanted.items())
    ]


def _plugins() -> list[str]:
    from vsodboost.registry.discovery import Registry

    registry = Registry.load()
    counts = [f"{len(entries)} {kind.replace('_', ' ')}" for kind, entries in registry.entries.items()]
    return [", ".join(counts), *(f"broken: {b.plugin}: {b.reason}" for b in registry.broken)]


def _weights() -> list[str]:
    from vsodboost.weights.shipped import shipped_hash
    from vsodboost.weights.store import names

    added = names()
    return [f"shipped {shipped_hash()[:12]}; added: {', '.join(added) or 'none'}"]


def _disk() -> list[str]:
    from vsodboost.weights.store import root

    places = {"here": Path.cwd(), "weights": root(), "temporary": Path(tempfile.gettempdir())}
    free = {name: shutil.disk_usage(_there(path)).free / 2**30 for name, path in places.items()}
    return [", ".join(f"{name} {gigabytes:.1f} GiB free" for name, gigabytes in free.items())]


def _there(path: Path) -> Path:
    """The path, or what of it exists."""
    while not path.exists():
        path = path.parent
    return path


LOOKS: dict[str, Callable[[], list[str]]] = {
    "versions": _versions,
    "system": _system,
    "devices": _devices,
    "onnx": _providers,
    "films": _films,
    "plugins": _plugins,
    "weights": _weights,
    "disk": _disk,
}


def _self_test() -> str:
    """Boost eight small frames in which a disc moves, and read the map back that was written of it."""
    import cv2
    import numpy as np

    from vsodboost.api import boost

    started = time.perf_counter()
    ground = cv2.resize(np.random.default_rng(0).integers(0, 120, (12, 16, 3), np.uint8), (128, 96))
    frames: list[Any] = []
    for t in range(8):
        frames.append(cv2.circle(ground.copy(), (20 + 8 * t, 48), 16, (240, 220, 60), -1))
    result = boost(np.stack(frames), steps=4, device="cpu")
    with tempfile.TemporaryDirectory() as folder:
        result.save(folder)
        back = cv2.imread(str(Path(folder) / "00004.png"), cv2.IMREAD_UNCHANGED)
    if back is None or back.shape != (96, 128):
        raise RuntimeError("the map that was written cannot be read again")
    inside, outside = float(back[40:56, 44:60].mean()) / 255, float(back[:20].mean()) / 255
    took = time.perf_counter() - started
    return f"8 frames boosted in {took:.1f} s; the moving disc has {inside:.2f}, what is around it {outside:.2f}"
