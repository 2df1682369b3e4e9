"""Which device the networks run on."""

from __future__ import annotations

from vsodboost.data.errors import UsageError


def resolve_device(device: str) -> str:
    """``auto`` becomes cuda when there is one, else cpu. Raises UsageError for a device that is not here."""
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"device '{device}' cannot be used ({reason}); try --device auto") from error
    return device
