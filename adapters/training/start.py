"""What training starts from: a checkpoint of the same network, ImageNet weights for its encoder, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.weights.matching import fit
from vsodboost.weights.reading import read_checkpoint

from ..layers.resnet import load_imagenet

# torchvision's own files; the end of each name is the beginning of its sha256, which torch.hub compares.
IMAGENET = {
    "resnet34": "https://download.pytorch.org/models/resnet34-b627a593.pth",
    "resnet50": "https://download.pytorch.org/models/resnet50-0676ba61.pth",
    "vgg16": "https://download.pytorch.org/models/vgg16-397923af.pth",
}


def imagenet_weights(choice: str, encoder: str) -> dict[str, Tensor] | None:
    """torchvision's weights of ``encoder``: ``choice`` is ``download``, ``none`` (returns None) or a file.

    Raises WeightsError when the download fails or the file is no checkpoint.
    """
    if choice == "none":
        return None
    if choice != "download":
        return read_checkpoint(Path(choice))
    try:
        state: dict[str, Tensor] = torch.hub.load_state_dict_from_url(
            IMAGENET[encoder], map_location="cpu", progress=False, check_hash=True, weights_only=True
        )
    except (OSError, RuntimeError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsError(
            f"cannot download {IMAGENET[encoder]} ({first}); give the file as imagenet=FILE, or imagenet=none"
        ) from None
    return state


def fill_encoder(encoder: nn.Module, state: dict[str, Tensor]) -> None:
    """Copy torchvision's tensors into an encoder by name; raises WeightsError when it wants what is not there."""
    missing = [n for n, _ in encoder.named_parameters() if n not in state]
    if missing:
        raise WeightsError(f"the ImageNet weights lack {missing[0]}; are they of the right encoder?")
    load_imagenet(encoder, state)


def start(network: nn.Module, start_file: str, into_encoder: Callable[[], None]) -> None:
    """Fill ``network`` from the checkpoint ``start_file``; where none is given, call ``into_encoder``."""
    if not start_file:
        into_encoder()
        return
    path = Path(start_file)
    if not path.is_file():
        raise UsageError(f"training option start={start_file}: no such file")
    network.load_state_dict(fit(read_checkpoint(path), network.state_dict(), what=f"{path}"))
