"""The engine as a whole: the same result twice, and memory that does not grow with the video."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from moving_pattern import pattern
from numpy.typing import NDArray
from small_networks import SIZE, small_networks  # noqa: F401

from vsodboost.data.errors import InputError, UsageError
from vsodboost.data.training_set import TuneSettings
from vsodboost.data.video import Frame
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline.engine import Engine
from vsodboost.pipeline.options import Options, choose
from vsodboost.pipeline.plan import Plan, make_plan
from vsodboost.registry.discovery import Registry
from vsodboost.spatial.student import Student

pytestmark = pytest.mark.usefixtures("small_networks")


def moving_disc(count: int) -> NDArray[np.uint8]:
    """A bright disc that moves 4 px a frame over a still texture, there and back."""
    ground = (pattern(*SIZE) // 2).astype(np.uint8)
    frames = np.stack([ground] * count)
    for t, frame in enumerate(frames):
        cv2.circle(frame, (20 + 4 * abs(7 - t % 14), 32), 12, (250, 230, 60), -1)
    return frames


@pytest.fixture(scope="module")
def made() -> Plan:
    """The default plan, at 64 x 96 px."""
    plan = make_plan(Options(device="cpu", buffer=8), Registry.load(only=[]))
    return replace(plan, working=lambda size: SIZE, tuning=TuneSettings(steps=3))


def run(plan: Plan, seed: int = 0, frames: NDArray[np.uint8] | None = None) -> tuple[bytes, ...]:
    """Every number that comes out, as bytes."""
    seeded = replace(plan, options=replace(plan.options, seed=seed))
    source = ArraySource(moving_disc(14) if frames is None else frames)
    return tuple(
        array.tobytes()
        for b in Engine(seeded).boost(source)
        for array in (
            b.maps,
            b.decision.trust,
            b.decision.target_trust,
            b.mined.indices,
            np.float64(b.losses),
            b.scene.motion,
        )
    )


def test_two_seeded_runs_on_the_cpu_are_bit_identical(made: Plan) -> None:
    first = run(made, seed=3)
    assert run(made, seed=3) == first
    assert run(made, seed=4) != first


def test_a_video_owes_nothing_to_the_one_before(made: Plan) -> None:
    alone = run(made)
    run(made, frames=255 - moving_disc(10))
    assert run(made) == alone


def test_the_frames_come_out_in_order_in_equal_buffers(made: Plan) -> None:
    engine = Engine(made)
    done = list(engine.boost(ArraySource(moving_disc(14))))
    assert [len(b.scene) for b in done] == [7, 7]  # of at most 8: equal shares of a length that is known
    assert [name for b in done for name in b.scene.names] == [f"{t:05d}" for t in range(14)]
    for b in done:
        assert b.maps.shape == b.target.shape == (7, *SIZE) and b.maps.dtype == np.float32
        assert float(b.maps.min()) >= 0 and float(b.maps.max()) <= 1
        assert b.decision.trust.shape == (7,) and ((b.decision.trust >= 0) & (b.decision.trust <= 1)).all()


def test_a_source_without_frames_is_an_error(made: Plan) -> None:
    class Nothing(ArraySource):
        def frames(self) -> Iterator[Frame]:
            return iter(())

    with pytest.raises(InputError, match="no frame in it"):
        list(Engine(made).boost(Nothing(np.zeros((0, *SIZE, 3), np.uint8))))


MEMORY = """
import resource, sys
from collections.abc import Iterator
from dataclasses import replace
import numpy as np
from vsodboost.ops import resize
resize.working_size = lambda size: (32, 64)
from vsodboost.pipeline.engine import Engine
from vsodboost.io.array_source import ArraySource
from vsodboost.pipeline.options import Options
from vsodboost.pipeline.plan import make_plan
from vsodboost.registry.discovery import Registry
from vsodboost.data.training_set import TuneSettings

count = int(sys.argv[1])
ground = np.random.default_rng(0).integers(0, 128, (540, 960, 3)).astype(np.uint8)

def frames():
    for t in range(count):
        frame = ground.copy()
        left = 40 + 6 * abs(30 - t % 60)
        frame[200:320, 2 * left : 2 * left + 120] = 250
        yield frame

plan = make_plan(Options(device="cpu", flow="farneback", buffer=40), Registry.load(only=[]))
plan = replace(plan, tuning=TuneSettings(steps=1))
done = 0
for buffer in Engine(plan).boost(ArraySource(frames())):
    done += len(buffer.scene)
assert done == count
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak_memory(count: int, folder: Path) -> float:
    """Peak resident memory of boosting ``count`` frames of 960 x 540 px in a process of its own."""
    script = folder / "memory.py"
    script.write_text(MEMORY)
    done = subprocess.run([sys.executable, str(script), str(count)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


def test_memory_does_not_grow_with_the_video(tmp_path: Path) -> None:
    # Kept whole, 120 more frames with their maps would take some 680 MB. benchmarks/memory.py compares 3,000 with 300.
    assert peak_memory(200, tmp_path) == pytest.approx(peak_memory(80, tmp_path), rel=0.1)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of how many frames networks of ours are asked, call by call."""
    asked: list[int] = []
    predict_each = Student.predict_each

    def noted(self: Student, frames: NDArray[np.uint8], *rest: Any) -> Any:
        asked.append(len(frames))
        return predict_each(self, frames, *rest)

    monkeypatch.setattr(Student, "predict_each", noted)
    return asked


def test_networks_are_asked_of_every_third_frame(made: Plan, asked: list[int]) -> None:
    (buffer,) = Engine(made).boost(ArraySource(moving_disc(8)))
    assert len(buffer.mined) > 0
    assert asked == [8, 4, 4]  # of each as the target, then of 0, 3, 6 and 7, and as the student of 0, 1, 4 and 7


def test_boosters_that_want_it_have_them_asked_of_every_frame(made: Plan, asked: list[int]) -> None:
    wanting = replace(made, booster_card=replace(made.booster_card, every_frame=True))
    list(Engine(wanting).boost(ArraySource(moving_disc(8))))
    assert asked == [8, 8, 8]


def test_quick_learns_nothing(made: Plan, asked: list[int]) -> None:
    registry = Registry.load(only=[])
    plan = replace(make_plan(choose({"profile": "quick", "device": "cpu"}, registry), registry), working=made.working)
    (buffer,) = Engine(plan).boost(ArraySource(moving_disc(9)))
    assert len(asked) == 2  # the target's call and the fusion network's, none of a student
    assert buffer.losses == ()
    assert len(buffer.mined) == 0
    assert set(buffer.decision.flags) <= {"", "low_trust", "static"}  # nothing was to be learned


def test_quick_refuses_what_says_how_to_learn() -> None:
    with pytest.raises(UsageError, match=r"--profile quick .* takes no --steps"):
        choose({"profile": "quick", "steps": 3}, Registry.load(only=[]))
