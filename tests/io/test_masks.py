"""The one reader: every kind of file that people make of masks and maps comes back as it was meant, or is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from mask_files import VOID, indexed, masks, numbers, photograph, save, save_all, with_void
from numpy.typing import NDArray
from PIL import Image
from shared_data import shared

from vsodboost.data.errors import InputError
from vsodboost.io.colour_facts import davis_palette, luminance
from vsodboost.io.grey_kind import Use
from vsodboost.io.masks import MaskSequence

USES: tuple[Use, ...] = ("map", "truth", "label")
GREYS = np.stack([np.arange(256)] * 3, axis=1).astype(np.uint8)
Encode = Callable[[NDArray[np.uint8], NDArray[np.bool_], int], Any]


def rgba(colours: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Colours with the mask as transparency."""
    return np.dstack([colours, mask.astype(np.uint8) * 255])


def white(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """White everywhere, ``uint8[H, W, 3]``."""
    return np.full((*mask.shape, 3), 255, np.uint8)


def colour_on_black(mask: NDArray[np.bool_], colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    """The mask in one colour."""
    return (mask[..., None] * np.array(colour)).astype(np.uint8)


def quantised_cut_out(mask: NDArray[np.bool_]) -> Image.Image:
    """A cut-out of 256 colours, as pngquant makes: transparency lies in the palette."""
    return Image.fromarray(rgba(photograph(), mask)).quantize(200, method=Image.Quantize.FASTOCTREE)


KINDS: dict[str, Encode] = {
    "0 and 255": lambda n, m, t: m.astype(np.uint8) * 255,
    "one bit": lambda n, m, t: Image.fromarray(m),
    "0 and 1": lambda n, m, t: m.astype(np.uint8),
    "0 and 128": lambda n, m, t: m.astype(np.uint8) * 128,
    "object numbers": lambda n, m, t: n,
    "a number that changes": lambda n, m, t: m.astype(np.uint8) * (1, 2, 7)[t],
    "object numbers of 16 bits": lambda n, m, t: n.astype(np.uint16),
    "16 bits": lambda n, m, t: m.astype(np.uint16) * 65535,
    "16 bits of 8": lambda n, m, t: m.astype(np.uint16) * 255,
    "16 bits of 0 and 1": lambda n, m, t: m.astype(np.uint16),
    "DAVIS's palette": lambda n, m, t: indexed(n),
    "DAVIS's palette, a grey colour": lambda n, m, t: indexed(m.astype(np.uint8) * 7),
    "a palette of the used entries": lambda n, m, t: indexed(n, davis_palette()[:3]),
    "a palette that was lost": lambda n, m, t: indexed(n, np.zeros((256, 3), np.uint8)),
    "a grey palette": lambda n, m, t: indexed(n, GREYS),
    "black and white in a palette": lambda n, m, t: indexed(~m, np.array([[255] * 3, [0] * 3], np.uint8)),
    "DAVIS's palette as colours": lambda n, m, t: davis_palette()[n],
    "DAVIS's palette as grey": lambda n, m, t: indexed(n).convert("L"),
    "small numbers in one channel": lambda n, m, t: np.dstack([n, n * 0, n * 0]),
    "DAVIS's colours and no background": lambda n, m, t: davis_palette()[n if t != 1 else np.where(m, n, 3)],
    "red on black": lambda n, m, t: colour_on_black(m, (255, 0, 0)),
    "a dark colour on black": lambda n, m, t: colour_on_black(m, (0, 0, 64)),
    "white on black as colours": lambda n, m, t: colour_on_black(m, (255, 255, 255)),
    "a cut-out": lambda n, m, t: rgba(photograph(t), m),
    "a cut-out with 256 colours": lambda n, m, t: quantised_cut_out(m),
    "white everywhere": lambda n, m, t: rgba(white(m), m),
    "white, hidden black": lambda n, m, t: rgba(colour_on_black(m, (255, 255, 255)), m),
    "white and grey transparency": lambda n, m, t: Image.merge(
        "LA", (Image.new("L", m.shape[::-1], 255), Image.fromarray(m.astype(np.uint8) * 255))
    ),
    "a transparency that says nothing": lambda n, m, t: np.dstack(
        [m.astype(np.uint8) * 255] * 3 + [np.full_like(n, 255)]
    ),
    "numbers, transparent where 0": lambda n, m, t: transparent_zero(n),
}


def transparent_zero(ids: NDArray[np.uint8]) -> Image.Image:
    """DAVIS's palette with a transparent background."""
    image = indexed(ids)
    image.info["transparency"] = 0
    return image


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_comes_back_as_the_mask(tmp_path: Path, kind: str, use: Use) -> None:
    whole = 1 if kind == "DAVIS's colours and no background" else None
    files = save_all(tmp_path, [KINDS[kind](n, m, t) for t, (n, m) in enumerate(zip(numbers(), masks(), strict=True))])
    sequence = MaskSequence(files, use)
    for t, (file, mask) in enumerate(zip(files, masks(), strict=True)):
        plane = sequence.read(file)
        np.testing.assert_array_equal(plane.unit, (mask | (t == whole)).astype(np.float32))
        assert plane.void is None or not plane.void.any()


VOIDS: dict[str, Callable[[NDArray[np.uint8]], Any]] = {
    "DAVIS's palette": indexed,
    "object numbers": lambda ids: ids,
    "a grey palette": lambda ids: indexed(ids, GREYS),
    "colours": lambda ids: davis_palette()[ids],
    "grey of the colours": lambda ids: indexed(ids).convert("L"),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    ("kind", "one"), [*((kind, False) for kind in VOIDS), *((kind, True) for kind in list(VOIDS)[:4])]
)
def test_void_is_neither_object_nor_background(tmp_path: Path, kind: str, one: bool, use: Use) -> None:
    drawn = [with_void(np.minimum(n, 1) if one else n) for n in numbers()]
    files = save_all(tmp_path, map(VOIDS[kind], drawn))
    sequence = MaskSequence(files, use)
    expected = np.zeros_like(masks()[0])
    expected[VOID] = True
    for file, mask in zip(files, masks(), strict=True):
        plane = sequence.read(file)
        np.testing.assert_array_equal(plane.values > 0, mask)
        assert plane.void is not None
        np.testing.assert_array_equal(plane.void, expected)


def test_void_alone_is_no_object(tmp_path: Path) -> None:
    for name, encode in (("palette", indexed), ("colours", lambda ids: davis_palette()[ids])):
        files = save_all(tmp_path / name, [encode(with_void(np.zeros_like(n))) for n in numbers()])
        with pytest.raises(InputError, match=rf"{name}.* void in DAVIS's palette"):
            MaskSequence(files, "truth").read(files[0])


@pytest.mark.parametrize("quality", [60, 85, 95])
@pytest.mark.parametrize("colour", [(255, 0, 0), (128, 0, 0), (255, 255, 255)])
def test_ringing_in_a_jpeg_is_not_salient(tmp_path: Path, colour: tuple[int, int, int], quality: int) -> None:
    files = save_all(tmp_path, [colour_on_black(m, colour) for m in masks()], "jpg", quality=quality)
    sequence = MaskSequence(files, "label")
    for file, mask in zip(files, masks(), strict=True):
        found = sequence.read(file).above(128)
        assert (found & mask).sum() / (found | mask).sum() > 0.93


def soft(seed: int, top: float, size: tuple[int, int] = (120, 160)) -> NDArray[np.float32]:
    """A smooth map of three blobs, 0 to ``top``."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    blobs = [
        np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * s**2))
        for cy, cx, s in zip(rng.uniform(30, 90, 3), rng.uniform(30, 130, 3), rng.uniform(8, 25, 3), strict=True)
    ]
    m = np.maximum.reduce(blobs)
    return (m / m.max() * top).astype(np.float32)


@pytest.mark.parametrize("top", [5, 9, 20, 37, 90, 255])
@pytest.mark.parametrize("sharp", [False, True])
def test_dim_soft_maps_are_not_taken_for_object_numbers(tmp_path: Path, top: int, sharp: bool) -> None:
    made = [soft(seed, 1) for seed in range(4)]
    if sharp:
        made = [np.clip((m - 0.4) * 4, 0, 1) for m in made]
    planes = [(m * top).astype(np.uint8) for m in made]
    files = save_all(tmp_path, planes)
    sequence = MaskSequence(files, "map")
    for file, plane in zip(files, planes, strict=True):
        np.testing.assert_array_equal(sequence.read(file).values, plane)
    assert bool(sequence.notes) == (top < 26)  # so dark that the user should hear of it


def test_maps_of_a_few_levels_up_to_white_are_soft(tmp_path: Path) -> None:
    planes = [(np.digitize(soft(seed, 1), [0.25, 0.5, 0.75]) * 85).astype(np.uint8) for seed in range(3)]
    files = save_all(tmp_path, planes)
    np.testing.assert_array_equal(MaskSequence(files, "map").read(files[1]).values, planes[1])


def test_dark_frames_of_a_soft_map_stay_dark(tmp_path: Path) -> None:
    """By itself, the second frame would be a mask of 0 and 1."""
    files = save_all(tmp_path, [soft(0, 255).astype(np.uint8), soft(1, 1.9).astype(np.uint8)])
    assert MaskSequence(files, "map").read(files[1]).values.max() == 1
    assert MaskSequence(files[1:], "map").read(files[1]).values.max() == 255


def grey_alpha(saliency: NDArray[np.float32]) -> Image.Image:
    """A soft map that is transparent where it is black."""
    grey = np.where(saliency < 8, 0, saliency).astype(np.uint8)
    return Image.merge("LA", (Image.fromarray(grey), Image.fromarray((grey > 0).astype(np.uint8) * 255)))


def two_masks(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Another mask in the colours than in the transparency."""
    return rgba(white(mask) * np.roll(mask, 9, axis=1)[..., None], mask)


def nested(n: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An object within another."""
    mask = (n > 0).astype(np.uint8)
    return mask + cv2.erode(mask, np.ones((9, 9), np.uint8))


def blocky(seed: int) -> NDArray[np.uint8]:
    """A dim map whose pixels are blocks, as attention maps are."""
    small = cv2.resize(soft(seed, 9), (8, 6), interpolation=cv2.INTER_AREA)
    return cv2.resize(small.astype(np.uint8), (160, 120), interpolation=cv2.INTER_NEAREST)


DOUBTFUL: dict[str, tuple[Use, Callable[[int], Any], str]] = {
    "numbers within each other": ("map", lambda t: nested(numbers()[t]), "object numbers or very dim maps"),
    "very dim": ("map", lambda t: soft(t, 3.9).astype(np.uint8), "object numbers or very dim maps"),
    "dim blocks": ("map", blocky, "object numbers or very dim maps"),
    "objects in greys": ("map", lambda t: np.array([0, 76, 150], np.uint8)[numbers()[t]], "objects, or degrees"),
    "truth in greys": ("truth", lambda t: np.array([0, 76, 255], np.uint8)[numbers()[t]], "objects, or degrees"),
    "scattered ones": ("map", lambda t: np.random.default_rng(t).integers(0, 2, (60, 80), np.uint8), "scattered"),
    "12 bits": ("map", lambda t: soft(t, 4000).astype(np.uint16), "10 or 12 bits"),
    "numbers of 16 bits": ("map", lambda t: np.array([0, 5001, 9002], np.uint16)[numbers()[t]], "object numbers"),
    "dim truth": ("truth", lambda t: soft(t, 90).astype(np.uint8), "no mask"),
    "half transparent": ("map", lambda t: rgba(photograph(t), masks()[t]) // 2 + 100, "half transparent"),
    "two masks": ("map", lambda t: two_masks(masks()[t]), "one mask in its colours"),
    "a soft map without its black": ("map", lambda t: grey_alpha(soft(t, 255, (96, 160))), "one mask in its colours"),
    "an erased object": ("label", lambda t: rgba(photograph(t), ~masks()[t]), "within what is not"),
    "all transparent": ("label", lambda t: rgba(photograph(t), masks()[t] & False), "transparent everywhere"),
    "red on white": ("label", lambda t: white(masks()[t]) - colour_on_black(masks()[t], (0, 255, 255)), "not on black"),
    "a heat map": (
        "map",
        lambda t: cv2.applyColorMap(soft(t, 255).astype(np.uint8), cv2.COLORMAP_JET)[..., ::-1],
        "picture in colour",
    ),
    "a photograph": ("truth", photograph, "picture in colour"),
    "a grey photograph": ("map", lambda t: luminance(photograph(t)), "photographs in grey"),
}  # fmt: skip


@pytest.mark.parametrize("kind", DOUBTFUL)
def test_what_can_be_read_in_two_ways_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    use, make, reason = DOUBTFUL[kind]
    files = save_all(tmp_path / "clip", [make(t) for t in range(3)])
    with pytest.raises(InputError, match=rf"clip.*{reason}") as caught:
        MaskSequence(files, use).read(files[0])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("use", USES)
def test_a_jpeg_does_not_keep_object_numbers(tmp_path: Path, use: Use) -> None:
    files = save_all(tmp_path, [n * 4 for n in numbers()], "jpg")
    with pytest.raises(InputError, match="a JPEG does not keep object numbers"):
        MaskSequence(files, use).read(files[0])


@pytest.mark.parametrize(("others", "last", "reason"), [
    (lambda n: (n > 0).astype(np.uint8), soft(0, 255, (96, 160)).astype(np.uint8), "soft map"),
    (lambda n: (n > 0).astype(np.uint8) * 255, (numbers()[0] > 0).astype(np.uint8), "small numbers"),
    (lambda n: (n > 0).astype(np.uint8) * 255, rgba(photograph(), masks()[0]), "transparent"),
    (lambda n: n.astype(np.uint16), numbers()[0].astype(np.uint16) * 9000, "16-bit levels"),
])  # fmt: skip
def test_a_file_of_another_kind_is_named(tmp_path: Path, others: Callable[..., Any], last: Any, reason: str) -> None:
    """It lies where the files that decide are not."""
    count = 300
    files = save_all(tmp_path, [others(numbers()[0])] * count)
    looked_at = set(np.linspace(0, count - 1, 24).round()) | set(np.linspace(0, count - 1, 240).round())
    odd = next(t for t in range(count) if t not in looked_at)
    save(files[odd], last)
    sequence = MaskSequence(files, "map")
    sequence.read(files[0])
    with pytest.raises(InputError, match=rf"{odd:05d}\.png.*{reason}"):
        sequence.read(files[odd])


def test_labels_drawn_with_different_tools_are_not_mixed_up(tmp_path: Path) -> None:
    """255 beside 1 is void only where one file holds both."""
    first, second, _ = masks()
    files = save_all(tmp_path, [first.astype(np.uint8), second.astype(np.uint8) * 255])
    with pytest.raises(InputError, match=r"some files hold small numbers \(1\), others 255"):
        MaskSequence(files, "label").read(files[0])


def test_stray_pixels_beside_a_white_mask_are_no_objects(tmp_path: Path) -> None:
    planes = [m.astype(np.uint8) * 255 for m in masks()]
    planes[1][5:60:11, 7:150:13] |= 1
    files = save_all(tmp_path, planes)
    assert MaskSequence(files, "truth").read(files[1]).values.max() == 255


def test_nothing_but_black_is_an_empty_mask(tmp_path: Path) -> None:
    files = save_all(tmp_path, [np.zeros((20, 30), np.uint8)] * 3)
    for use in USES:
        sequence = MaskSequence(files, use)
        assert not sequence.read(files[0]).values.any()
        assert sequence.reading.blank


def test_an_empty_frame_of_cut_outs_is_empty(tmp_path: Path) -> None:
    files = save_all(tmp_path, [rgba(photograph(), masks()[0]), rgba(photograph(1), masks()[0] & False)])
    assert not MaskSequence(files, "map").read(files[1]).values.any()


def test_black_first_frames_do_not_decide(tmp_path: Path) -> None:
    """An object that is seen for a few frames of many."""
    planes = [np.zeros((96, 160), np.uint8)] * 100
    planes[50:52] = [m.astype(np.uint8) for m in masks()[:2]]
    files = save_all(tmp_path, planes)
    sequence = MaskSequence(files, "map")
    np.testing.assert_array_equal(sequence.read(files[51]).values > 128, masks()[1])


def test_the_mask_of_a_real_model_s_maps_is_theirs() -> None:
    for model in ("PDB", "CSNet", "RVOS", "matnet", "UOVOS", "andiff", "stm", "epoplus"):
        for folder in sorted(shared("data", "maps", model).iterdir())[:3]:
            files = sorted(folder.glob("*.png"))
            sequence = MaskSequence(files, "map")
            for file in files[::20]:
                np.testing.assert_array_equal(sequence.read(file).values, cv2.imread(str(file), cv2.IMREAD_UNCHANGED))


@pytest.mark.parametrize("scale", [0.15, 0.08, 0.04, 0.02])
def test_real_soft_maps_stay_soft_however_dim(tmp_path: Path, scale: float) -> None:
    source = sorted((shared("data", "maps", "CSNet") / "bmx-trees").glob("*.png"))[::10]
    planes = [(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) * scale).astype(np.uint8) for file in source]
    files = save_all(tmp_path, planes)
    np.testing.assert_array_equal(MaskSequence(files, "map").read(files[2]).values, planes[2])
