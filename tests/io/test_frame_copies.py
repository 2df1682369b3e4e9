"""Labels and maps that are the frame itself, or are painted on it."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import pytest
from mask_files import masks, photograph
from numpy.typing import NDArray
from PIL import Image

from vsodboost.io.colour_facts import luminance
from vsodboost.io.frame_copies import PaintedLabel, is_frame, painted

FRAME = photograph(0, (192, 320))
MASK = cv2.resize(masks()[1].astype(np.uint8), (320, 192), interpolation=cv2.INTER_NEAREST) > 0
Picture = NDArray[np.uint8]


def as_jpeg(image: Picture, quality: int) -> Picture:
    """The image after a JPEG."""
    data = BytesIO()
    Image.fromarray(image).save(data, "JPEG", quality=quality)
    return np.asarray(Image.open(data))


def with_colour(where: NDArray[np.bool_], colour: int | tuple[int, ...]) -> Picture:
    """The frame with a colour painted on it."""
    image = FRAME.copy()
    image[where] = colour
    return image


def overlap(found: NDArray[np.bool_] | None) -> float:
    """With the object."""
    assert found is not None
    return float((found & MASK).sum() / (found | MASK).sum())


def test_a_frame_is_known_by_its_detail() -> None:
    half = cv2.resize(FRAME, (160, 96), interpolation=cv2.INTER_AREA)
    for image in (FRAME, as_jpeg(FRAME, 40), half, luminance(FRAME)):
        assert is_frame(image, FRAME)
    mask = MASK.astype(np.uint8) * 255
    for image in (mask, cv2.GaussianBlur(mask, (0, 0), 5), photograph(1, (192, 320)), FRAME[:96], np.zeros_like(FRAME)):
        assert not is_frame(image, FRAME)


def test_a_bright_object_on_a_dark_ground_does_not_make_its_mask_the_frame() -> None:
    """The object's edge outweighs all other detail."""
    frame = FRAME // 3
    frame[MASK] = 200 + FRAME[MASK] // 5
    soft = cv2.GaussianBlur(MASK.astype(np.uint8) * 200, (0, 0), 1)
    assert is_frame(frame, frame)
    assert not is_frame(soft, frame)
    assert painted(np.dstack([soft] * 3), frame) is None


@pytest.mark.parametrize("quality", [None, 95])
@pytest.mark.parametrize("colour", [255, (255, 0, 0), (0, 255, 0)])
def test_what_is_painted_in_one_colour_comes_back(colour: int | tuple[int, ...], quality: int | None) -> None:
    image = with_colour(MASK, colour)
    assert overlap(painted(image if quality is None else as_jpeg(image, quality), FRAME)) > 0.9


def test_what_is_left_when_the_background_is_erased_to_black_comes_back() -> None:
    assert overlap(painted(with_colour(~MASK, 0), FRAME)) > 0.95


def test_a_drawn_frame_has_no_detail_but_regions() -> None:
    frame = np.full((96, 160, 3), (90, 120, 200), np.uint8)
    frame[60:] = 40, 160, 60
    frame[20:50, 30:70] = 200, 40, 40
    frame[10:30, 110:140] = 250, 220, 20
    image = frame.copy()
    image[20:50, 30:70] = 255
    found = painted(image, frame)
    assert found is not None
    assert found[20:50, 30:70].mean() > 0.95 and found.sum() < 1.05 * 1200
    with pytest.raises(PaintedLabel, match="nothing drawn"):
        painted(frame, frame)


def outline() -> NDArray[np.bool_]:
    """The edge of the object, 4 px wide."""
    return MASK & ~(cv2.erode(MASK.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0)


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (FRAME, "the frame itself, with nothing drawn on it"),
        (as_jpeg(FRAME, 90), "the frame itself"),
        (with_colour(outline(), 255), "only an outline"),
        (with_colour(~MASK & (np.arange(320) > 40), 255), "may be its background"),
        (with_colour(MASK, 0), "may be its background"),
        (np.where(MASK[..., None], FRAME // 2 + np.array([127, 0, 0], np.uint8), FRAME), "many colours"),
    ],
    ids=["undrawn", "undrawn jpeg", "outline", "background", "black", "see-through"],
)
def test_what_cannot_be_known_is_refused(image: Picture, reason: str) -> None:
    with pytest.raises(PaintedLabel, match=reason):
        painted(image, FRAME)


def test_what_is_no_copy_is_left_to_others() -> None:
    mask = np.dstack([MASK.astype(np.uint8) * 255] * 3)
    for image in (
        mask,
        cv2.GaussianBlur(mask, (0, 0), 9),
        photograph(1, (192, 320)),
        FRAME[:, :200],
        FRAME[::-1].copy(),
    ):
        assert painted(image, FRAME) is None


def test_a_soft_label_on_a_dark_frame_is_no_copy() -> None:
    """Where both are black they are alike, which says nothing."""
    dark = FRAME // 20
    dark[MASK] = FRAME[MASK]
    label = cv2.GaussianBlur(np.dstack([MASK.astype(np.uint8) * 255] * 3), (0, 0), 4)
    assert painted(label, dark) is None
