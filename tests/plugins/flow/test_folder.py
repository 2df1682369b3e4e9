"""``flow:DIR``: which file is the flow of which pair, and the cache."""

from pathlib import Path

import numpy as np
import pytest
from moving_pattern import pattern
from vsodboost_plugins.flow import dis, folder
from vsodboost_plugins.flow.flow_file import write_flo
from vsodboost_plugins.flow.folder_estimator import FlowFolder, inverted

from vsodboost.data.errors import InputError, PluginError, UsageError
from vsodboost.data.types import Clip
from vsodboost.registry.interfaces import NamedFlowEstimator, Request

NAMES = ("f08", "f09", "f10", "f11")


def clip(height: int = 20, width: int = 30) -> Clip:
    frames = np.stack([pattern(height, width, n) for n in range(4)])
    return Clip(frames, NAMES, "walk", first=8)


def constant(dx: float, dy: float, size: tuple[int, int] = (20, 30)) -> np.ndarray:
    return np.broadcast_to(np.array((dx, dy), np.float32), (*size, 2)).copy()


def dis_of_the_run(kind: str, spec: str) -> dis.DIS:
    assert (kind, spec) == ("flows", "dis")
    return dis.DIS()


def reader(path: Path, **options: str) -> FlowFolder:
    return folder.build(Request(argument=str(path), options=options, build=dis_of_the_run))


@pytest.mark.parametrize("inner", ["walk", "."])
def test_flow_is_found_by_frame_name_and_scaled(tmp_path: Path, inner: str) -> None:
    write_flo(tmp_path / inner / "f08.flo", constant(1, 2))
    np.savez(tmp_path / inner / "f09.npz", constant(2, 2, (40, 90)))
    write_flo(tmp_path / inner / "f10.flo", constant(3, 1))
    estimator = reader(tmp_path)
    assert isinstance(estimator, NamedFlowEstimator)
    flow = estimator.estimate_named(clip().part(0, 3), clip().part(1, 4))
    assert flow.shape == (3, 20, 30, 2) and flow.dtype == np.float32
    assert np.allclose(flow[0], (1, 2)) and np.allclose(flow[1], (2 / 3, 1)) and np.allclose(flow[2], (3, 1))


def test_backward_and_distant_pairs_have_files_of_their_own(tmp_path: Path) -> None:
    write_flo(tmp_path / "walk" / "f10.flo", constant(1, 0))
    write_flo(tmp_path / "walk" / "backward" / "f11.flo", constant(-5, 0))
    write_flo(tmp_path / "walk" / "f08_f11.flo", constant(9, 9))
    estimator, whole = reader(tmp_path), clip()
    assert np.allclose(estimator.estimate_named(whole.part(3, 4), whole.part(2, 3)), (-5, 0))
    assert np.allclose(estimator.estimate_named(whole.part(0, 1), whole.part(3, 4)), (9, 9))
    write_flo(tmp_path / "walk" / "f11_f10.flo", constant(-6, 0))
    assert np.allclose(estimator.estimate_named(whole.part(3, 4), whole.part(2, 3)), (-6, 0))


def test_a_missing_backward_flow_is_the_forward_flow_inverted(tmp_path: Path) -> None:
    write_flo(tmp_path / "walk" / "f10.flo", constant(4, -3))
    whole = clip()
    assert np.allclose(reader(tmp_path).estimate_named(whole.part(3, 4), whole.part(2, 3)), (-4, 3), atol=1e-5)


def test_inversion_leads_back_to_where_the_flow_came_from() -> None:
    y, x = np.mgrid[:40, :60].astype(np.float32)
    forward = np.stack((2 * np.sin(x / 12) + 0.05 * (y - 20), 1.5 * np.cos(y / 9)), axis=-1)
    back = inverted(forward)
    source_x, source_y = x + back[..., 0], y + back[..., 1]
    expected_x = 2 * np.sin(source_x / 12) + 0.05 * (source_y - 20)
    expected_y = 1.5 * np.cos(source_y / 9)
    error = np.hypot(back[..., 0] + expected_x, back[..., 1] + expected_y)[4:-4, 4:-4]
    assert error.max() < 0.05


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "walk").mkdir()
    write_flo(tmp_path / "walk" / "f08.flo", constant(1, 2))
    write_flo(tmp_path / "f09.flo", constant(0, 0))  # belongs to no video: the folder walk exists
    with pytest.raises(InputError, match=r"walk.f09\.flo: missing \(flow from frame f09 to f10\)"):
        reader(tmp_path).estimate_named(clip().part(0, 3), clip().part(1, 4))
    with pytest.raises(InputError, match=r"walk.f08_f10\.flo: missing"):
        reader(tmp_path).estimate_named(clip().part(0, 1), clip().part(2, 3))


def test_missing_pairs_are_computed_once_and_written(tmp_path: Path) -> None:
    target, whole = tmp_path / "cache", clip(48, 64)
    flow = reader(target, fill="dis").estimate_named(whole.part(0, 3), whole.part(1, 4))
    assert np.array_equal(flow, dis.DIS().estimate(whole.frames[:3], whole.frames[1:]))
    back = reader(target, fill="dis").estimate_named(whole.part(3, 4), whole.part(2, 3))
    assert np.array_equal(back, dis.DIS().estimate(whole.frames[3:], whole.frames[2:3]))
    assert sorted(path.relative_to(target).as_posix() for path in target.rglob("*.flo")) == [
        "walk/backward/f11.flo", "walk/f08.flo", "walk/f09.flo", "walk/f10.flo",
    ]  # fmt: skip
    write_flo(target / "walk" / "f09.flo", constant(7, 7))
    again = reader(target).estimate_named(whole.part(0, 3), whole.part(1, 4))
    assert np.array_equal(again[0], flow[0]) and np.allclose(again[1], (7 * 64 / 30, 7 * 48 / 20))


def test_wrong_requests_say_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        reader(tmp_path / "absent")
    with pytest.raises(UsageError, match="must name an estimator that computes flow"):
        reader(tmp_path, fill="flow:elsewhere")
    with pytest.raises(PluginError, match="needs frame names"):
        reader(tmp_path).estimate(clip().frames, clip().frames)
