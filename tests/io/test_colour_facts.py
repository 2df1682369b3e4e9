"""Colours: DAVIS's, flat ones, and pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from mask_files import masks, numbers, photograph
from shared_data import shared

from vsodboost.io.colour_facts import (
    VOID_COLOUR,
    davis_palette,
    flat_colours,
    is_grey,
    is_photograph,
    luminance,
)


def test_the_palette_of_davis() -> None:
    """Its first colours as the DAVIS 2017 files have them, and void."""
    first = [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0], [0, 0, 128], [128, 0, 128], [0, 128, 128], [128] * 3]
    assert davis_palette()[:9].tolist() == [*first, [64, 0, 0]]
    assert VOID_COLOUR == (224, 224, 192)
    greys = luminance(davis_palette()[None]).ravel()
    assert greys[[1, 2, 3, 4, 255]].tolist() == [38, 75, 113, 15, 220]


def test_flat_colours_are_found_with_their_edges_smoothed() -> None:
    image = davis_palette()[numbers()[0]]
    exact = flat_colours(image, lossy=False)
    assert exact is not None and exact.exact and exact.black
    assert sorted(exact.colours.tolist()) == [[0, 128, 0], [128, 0, 0]]
    smooth = flat_colours(cv2.resize(image, (120, 70), interpolation=cv2.INTER_AREA), lossy=False)
    assert smooth is not None and not smooth.exact
    assert sorted(np.rint(smooth.colours / 32).astype(int).tolist()) == [[0, 4, 0], [4, 0, 0]]


def test_photographs_are_no_flat_colours() -> None:
    for lossy in (False, True):
        assert flat_colours(photograph(), lossy=lossy) is None


def test_grey_is_told_from_small_numbers_in_a_channel() -> None:
    grey = np.dstack([np.arange(200, dtype=np.uint8).reshape(10, 20)] * 3)
    assert is_grey(grey, lossy=False)
    assert not is_grey(np.dstack([numbers()[0], numbers()[0] * 0, numbers()[0] * 0]), lossy=False)


def test_photographs_in_grey() -> None:
    assert is_photograph(luminance(photograph()))
    noise = np.random.default_rng(0).integers(0, 255, (96, 160), np.uint8)
    smooth = cv2.GaussianBlur(masks()[0].astype(np.uint8) * 200 + 40, (0, 0), 9)
    for image in (noise, smooth, masks()[0].astype(np.uint8) * 255, luminance(photograph()) // 8):
        assert not is_photograph(image)


@pytest.mark.parametrize("name", ["camel", "libby", "parkour", "mallard-fly"])
def test_real_frames_are_photographs_and_real_maps_are_not(name: str) -> None:
    frame = cv2.imread(str(shared("data", "davis-dev", "JPEGImages", "480p") / name / "00010.jpg"))
    assert is_photograph(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))
    assert flat_colours(frame, lossy=True) is None and flat_colours(frame, lossy=False) is None
    soft = cv2.imread(str(shared("data", "maps", "CSNet") / name / "00010.png"), cv2.IMREAD_GRAYSCALE)
    assert not is_photograph(soft)
