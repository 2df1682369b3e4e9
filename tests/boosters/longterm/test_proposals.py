"""Asking detectors of both kinds, and checking what they say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from small_plans import small_scene

from vsodboost.boosters.longterm.proposals import at_size, propose
from vsodboost.data.errors import PluginError
from vsodboost.data.scene import Scene
from vsodboost.data.types import Frames, Maps, Proposals


def proposals(*rows: tuple[float, float, float, float, float]) -> Proposals:
    values = np.array(rows, np.float32).reshape(-1, 5)
    return Proposals(values[:, :4], values[:, 4])


class OnFrames:
    """Says the same of every frame, and notes the sizes it was shown."""

    def __init__(self, said: Proposals) -> None:
        self.said, self.shown = said, []

    def detect(self, frames: Frames) -> Sequence[Proposals]:
        self.shown.append(frames.shape)
        return [self.said] * len(frames)


class OnScenes:
    """A box around what the spatial model's map shows."""

    def detect_scene(self, scene: Scene, spatial: Maps) -> Sequence[Proposals]:
        return [proposals((0, 0, float(m.max()) * 10, 10, 0.5)) for m in spatial]


def test_a_detector_of_frames_sees_the_source_and_its_boxes_are_scaled() -> None:
    scene = small_scene(2, (32, 64), full=np.zeros((2, 64, 256, 3), np.uint8))
    detector = OnFrames(proposals((40, 20, 80, 40, 0.3), (0, 0, 20, 10, 0.9)))
    found = propose(detector, "detector 'd'", scene, scene.target)
    assert detector.shown == [(2, 64, 256, 3)]
    assert found[1].boxes.tolist() == [[0, 0, 5, 5], [10, 10, 20, 20]]
    np.testing.assert_allclose(found[1].scores, [0.9, 0.3])


def test_the_scripts_stages_also_show_it_the_flow_images() -> None:
    scene = small_scene(2, (32, 64), full=np.zeros((2, 64, 128, 3), np.uint8))
    detector = OnFrames(proposals(*[(20 * n, 0, 20 * n + 10, 10, 0.5) for n in range(4)]))
    found = propose(detector, "d", scene, scene.target, "stages")
    assert detector.shown == [(2, 64, 128, 3), (2, 32, 64, 3)]
    assert len(found) == 2


def test_a_detector_of_scenes_is_given_the_scene() -> None:
    scene = small_scene(3, (32, 64))
    spatial = np.stack([np.full((32, 64), v, np.float32) for v in (0.2, 0.4, 0.8)])
    found = propose(OnScenes(), "d", scene, spatial)
    np.testing.assert_allclose([f.boxes[0, 2] for f in found], [2, 4, 8])


def test_boxes_are_cut_at_the_frame_and_slivers_dropped() -> None:
    said = [proposals((-5, -5, 10, 10, 0.5), (60, 5, 90, 9, 0.4), (3, 3, 3.5, 20, 0.9), (70, 1, 80, 9, 0.2))]
    (found,) = at_size(said, (32, 64), (32, 64))
    assert found.boxes.tolist() == [[0, 0, 10, 10], [60, 5, 64, 9]]


def test_a_frame_without_proposals_is_allowed() -> None:
    empty, scene = Proposals(np.zeros(0, np.float32), np.zeros(0, np.float32)), small_scene(1, (32, 64))
    (found,) = propose(OnFrames(empty), "d", scene, scene.target)
    assert found.boxes.shape == (0, 4)


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ([proposals()], "1 of them; expected Proposals for each of 2 frames"),
        (3, "an int; expected Proposals for each of 2 frames"),
        (
            [proposals(), Proposals(np.zeros((2, 5), np.float32), np.zeros(2, np.float32))],
            "scores \\[2\\] for frame 1; expected",
        ),
        ([proposals(), Proposals(np.zeros((2, 4), np.float32), np.zeros(3, np.float32))], "expected \\[N, 4\\]"),
        ([proposals((0, 0, np.nan, 5, 0.5)), proposals()], "boxes for frame 0 with NaN or infinite values"),
        ([proposals((0, 0, 5, 5, 1.5)), proposals()], "scores in \\[1.5, 1.5\\]; expected \\[0, 1\\]"),
    ],
)
def test_anything_else_names_the_plugin(said: object, complaint: str) -> None:
    class Odd:
        def detect(self, frames: Frames) -> object:
            return said

    scene = small_scene(2, (32, 64))
    with pytest.raises(PluginError, match=complaint) as error:
        propose(Odd(), "detector 'odd'", scene, scene.target)  # type: ignore[arg-type]
    assert str(error.value).startswith("detector 'odd' returned")


def test_a_detector_that_fails_is_named() -> None:
    class Failing:
        def detect(self, frames: Frames) -> Sequence[Proposals]:
            raise RuntimeError("out of\nmemory")

    scene = small_scene(1)
    with pytest.raises(PluginError, match=r"^detector 'f' failed: out of memory$"):
        propose(Failing(), "detector 'f'", scene, scene.target)
