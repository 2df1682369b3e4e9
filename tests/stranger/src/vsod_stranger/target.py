"""A target model: how red each pixel is."""

from __future__ import annotations

from typing import Any

import vsodboost


class Redness:
    """Saliency is how far red is above the other colours."""

    def __init__(self, gain: float) -> None:
        self.gain = gain

    def predict(self, clip: vsodboost.Clip) -> Any:
        """Maps ``float32[T, H, W]`` in [0, 1]."""
        red, green, blue = clip.frames.astype("float32").transpose(3, 0, 1, 2) / 255
        return (self.gain * (red - (green + blue) / 2)).clip(0, 1)


def build(request: vsodboost.Request) -> Redness:
    """The target, with the ``gain`` that the user chose."""
    text = request.options.get("gain", "1")
    try:
        return Redness(float(text))
    except ValueError:
        raise vsodboost.UsageError(f"redness: gain={text} is no number") from None


@vsodboost.hookimpl
def vsodboost_register_targets(register: Any) -> None:
    """``--target redness``."""
    register("redness", build, vsodboost.TargetCard("how red it is", options={"gain": "factor (default 1)"}))
