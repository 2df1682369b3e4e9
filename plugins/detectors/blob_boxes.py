"""Boxes of the bright components of maps, and of dark tiles beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodboost.data.types import Boxes, Maps, Proposals
from vsodboost.ops.box_mean import box_means
from vsodboost.ops.boxes import iou, non_maximum_suppression

if TYPE_CHECKING:
    from vsodboost.data.scene import Scene


LEVELS = (0.2, 0.4, 0.6)
"""Of each map's maximum. Higher ones give boxes of parts, which are the brightest in motion and are mined instead."""
FAINTEST = 0.1
"""A map that reaches no higher shows nothing."""
SMALLEST = 0.0005
"""Smallest component, of the frame's area."""
HALF = 2
"""Components are sought at half the working size: boxes move by a px, and it takes a quarter of the time."""
OVERLAP = 0.6
BACKGROUND_SCORE = 0.01
TILES = 3


class Blobs:
    """Components of maps as proposals; ``most`` a frame, ``background`` of them where nothing is bright."""

    def __init__(self, most: int, background: int) -> None:
        self.most, self.background = most, min(background, most)

    def detect_scene(self, scene: Scene, spatial: Maps) -> list[Proposals]:
        """Proposals of each frame, best first, px at the working size; ``spatial`` are maps ``float32[T, h, w]``."""
        sources = (scene.target, spatial, scene.motion_maps, scene.fused)
        return [self._frame(scene.frames[t], np.stack([maps[t] for maps in sources])) for t in range(len(scene))]

    def _frame(self, frame: NDArray[np.uint8], maps: NDArray[np.float32]) -> Proposals:
        size = (int(maps.shape[1]), int(maps.shape[2]))
        small = np.stack(
            [cv2.resize(m, (size[1] // HALF, size[0] // HALF), interpolation=cv2.INTER_AREA) for m in maps]
        )
        found, scores = [np.zeros((0, 4), np.float32)], [np.zeros(0, np.float32)]
        for values in small:
            boxes = components(values)
            found.append(boxes * HALF)
            scores.append(contrast(values, boxes))
        boxes, score = np.concatenate(found), np.concatenate(scores)
        kept = non_maximum_suppression(boxes, score, OVERLAP, self.most - self.background)
        kept = kept[score[kept] > BACKGROUND_SCORE]
        empty = background_boxes(frame, maps.max(axis=0), boxes[kept])[: self.background]
        return Proposals(
            np.concatenate([boxes[kept], empty]),
            np.concatenate([score[kept], np.full(len(empty), BACKGROUND_SCORE, np.float32)]),
        )


def components(values: NDArray[np.float32]) -> Boxes:
    """Boxes ``float32[N, 4]`` px of the components of a map ``float32[h, w]`` in [0, 1] at every level, each once."""
    top = float(values.max())
    if top < FAINTEST:
        return np.zeros((0, 4), np.float32)
    boxes = []
    for level in LEVELS:
        bright = (values >= level * top).astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(bright, connectivity=8)
        stats = stats[1:count]
        boxes.append(stats[stats[:, cv2.CC_STAT_AREA] >= max(4, SMALLEST * values.size)][:, :4])
    corner = np.unique(np.concatenate(boxes), axis=0).astype(np.float32)
    return np.concatenate([corner[:, :2], corner[:, :2] + corner[:, 2:]], axis=1)


def contrast(values: NDArray[np.float32], boxes: Boxes) -> NDArray[np.float32]:
    """How much brighter a map ``float32[h, w]`` is inside each box than in the rim around it: ``float32[N]`` in [0, 1].

    The rim is as wide as half the box on every side, inside the frame; a box that fills the frame has contrast 0.
    """
    if len(boxes) == 0:
        return np.zeros(0, np.float32)
    size = (int(values.shape[0]), int(values.shape[1]))
    sides = boxes[:, 2:] - boxes[:, :2]
    wide = np.concatenate([boxes[:, :2] - sides / 2, boxes[:, 2:] + sides / 2], axis=1)
    wide = np.clip(wide, 0, (size[1], size[0]) * 2).astype(np.float32)
    inner, outer = sides.prod(axis=1), (wide[:, 2:] - wide[:, :2]).prod(axis=1)
    inside, around = box_means(values, boxes, size), box_means(values, wide, size)
    rim = (around * outer - inside * inner) / np.maximum(outer - inner, 1e-6)
    return np.where(outer - inner < 1, 0, np.clip(inside - rim, 0, 1)).astype(np.float32)


def background_boxes(frame: NDArray[np.uint8], brightest: NDArray[np.float32], taken: Boxes) -> Boxes:
    """Tiles of a frame ``uint8[h, w, 3]`` where no map is bright, the most textured first: ``float32[<= 9, 4]`` px.

    ``brightest`` is the maximum of all maps, ``float32[h, w]``; a tile may overlap a ``taken`` box by a tenth.
    """
    height, width = brightest.shape
    ys, xs = np.linspace(0, height, TILES + 1), np.linspace(0, width, TILES + 1)
    tiles = np.array([(xs[i], ys[j], xs[i + 1], ys[j + 1]) for j in range(TILES) for i in range(TILES)], np.float32)
    grey = cv2.cvtColor(cv2.resize(frame, (width // HALF, height // HALF)), cv2.COLOR_RGB2GRAY)
    down, across = cv2.Sobel(grey, cv2.CV_32F, 0, 1), cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    edges = np.sqrt(down * down + across * across)  # cv2.magnitude is not the same to the last bit each time
    texture = box_means(np.asarray(edges, np.float32), tiles, (height, width))
    dark = box_means(brightest, tiles, (height, width)) < 0.1 + 0.1 * float(brightest.max())
    if len(taken):
        dark &= iou(tiles, taken).max(axis=1) < 0.1
    rows = np.flatnonzero(dark)
    return tiles[rows[np.argsort(-texture[rows], kind="stable")]]
