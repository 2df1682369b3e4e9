"""The weights that come with the package: half-precision safetensors beside their model cards."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from vsodboost.data.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor, nn

FOLDER_VARIABLE = "VSODBOOST_SHIPPED"
"""Environment variable: another folder to take lite.safetensors, mqpm.safetensors ... from (freshly trained ones)."""


def _folder() -> Path:
    return Path(os.environ.get(FOLDER_VARIABLE) or str(files("vsodboost") / "weights/shipped"))


def shipped_path(name: str, suffix: str = ".safetensors") -> Path:
    """Where the weights of that name lie. Raises WeightsError when the installation lacks them."""
    path = _folder() / f"{name}{suffix}"
    if not path.is_file():
        raise WeightsError(f"the shipped weights '{name}' are not in {path.parent}; reinstall vsodboost")
    return path


@cache
def shipped_hash() -> str:
    """Return the SHA-256 of all shipped weights together: results made with others differ."""
    digest = hashlib.sha256()
    for path in sorted(path for path in _folder().iterdir() if path.suffix in (".safetensors", ".json")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def load_shipped(network: nn.Module, name: str) -> None:
    """Fill ``network`` with the shipped weights ``name``, strictly. Raises WeightsError when they are missing or
    damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = shipped_path(name)
    try:
        state = load_file(path)
        network.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
    except (SafetensorError, OSError, RuntimeError) as error:
        raise WeightsError(f"{path} is damaged or of another version ({' '.join(str(error).split())[:200]})") from error


def save_for_shipping(state: dict[str, Tensor], path: Path) -> None:
    """Write weights as half-precision safetensors, atomically; batch counters are left as they are, and so are tensors
    whose numbers half precision cannot hold (variances of networks without normalisation).

    Raises:
        WeightsError: they hold NaN or infinite numbers: the training diverged.
    """
    from safetensors.torch import save_file

    from vsodboost.io.atomic import atomic_path

    broken = next((k for k, v in state.items() if v.is_floating_point() and not bool(v.isfinite().all())), None)
    if broken is not None:
        raise WeightsError(f"{path} is not written: the training diverged ('{broken}'); try a smaller rate")
    half = {k: _halved(v).contiguous().cpu() for k, v in state.items()}
    with atomic_path(path) as temporary:
        save_file(half, temporary)


def _halved(value: Tensor) -> Tensor:
    half = value.half() if value.is_floating_point() else value
    return half if bool(half.isfinite().all()) else value
