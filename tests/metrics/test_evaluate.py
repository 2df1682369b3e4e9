from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from map_files import write, write_sequence
from shared_data import shared
from sod_oracle import oracle_figures

from vsodboost.data.errors import InputError, UsageError
from vsodboost.metrics.compare import compare
from vsodboost.metrics.evaluate import Evaluation, SequenceScore, evaluate, evaluate_all
from vsodboost.metrics.figures import FIGURES

IN_ORACLE = ("maxF", "meanF", "adpF", "S", "maxE", "meanE", "adpE", "wF", "MAE")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Truth of two sequences (40 and 5 frames), maps at half the size, and other, worse maps."""
    root = tmp_path_factory.mktemp("scored")
    for name, count, seed in (("cows", 40, 0), ("libby", 5, 100)):
        write_sequence(root / "gt" / name, root / "maps" / name, count, first_seed=seed, map_size=(24, 32))
        write_sequence(root / "gt" / name, root / "worse" / name, count, first_seed=seed, noise=0.5)
    write(root / "gt" / "libby" / "00002.png", np.zeros((48, 64), np.uint8))
    return root / "gt", root / "maps", root / "worse"


def files(folder: Path, truth: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    pairs = []
    for path in sorted(truth.glob("*.png")):
        mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        saliency = cv2.imread(str(folder / path.name), cv2.IMREAD_GRAYSCALE)
        if saliency.shape != mask.shape:
            saliency = cv2.resize(saliency, mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
        pairs.append((saliency, mask))
    return pairs


def assert_equals_oracle(evaluation: Evaluation, truth: Path, maps: Path, frames: slice = slice(None)) -> None:
    expected = {}
    for row in evaluation.sequences:
        pairs = files(maps / row.name, truth / row.name)[frames]
        assert row.frames == len(pairs)
        expected[row.name] = oracle_figures(pairs)
        for key in IN_ORACLE:
            assert row.figures[key] == pytest.approx(expected[row.name][key], abs=1e-6), (row.name, key)
        overlap = [np.array([m > 127, t > 128]) for m, t in pairs]
        ious = [o.all(axis=0).sum() / o.any(axis=0).sum() if o.any() else 1.0 for o in overlap]
        assert row.figures["J"] == pytest.approx(np.mean(ious), abs=1e-9)
    for key in IN_ORACLE:
        assert evaluation.mean[key] == pytest.approx(np.mean([e[key] for e in expected.values()]), abs=1e-6)
    curve = np.mean([e["f_curve"] for e in expected.values()], axis=0)
    assert evaluation.dataset["maxF"] == pytest.approx(curve.max(), abs=1e-6)


def test_protocol_all_equals_pysodmetrics_on_the_same_files(folders: tuple[Path, Path, Path]) -> None:
    truth, maps, worse = folders
    assert_equals_oracle(evaluate(truth, maps), truth, maps)
    assert_equals_oracle(evaluate(truth, worse), truth, worse)


@pytest.mark.parametrize("model", ["CSNet", "PDB"])
def test_real_frames_equal_pysodmetrics(model: str) -> None:
    truth, maps = shared("data", "davis-dev", "Annotations", "480p"), shared("data", "maps", model)
    evaluation = evaluate(truth, maps, only=["drift-chicane", "libby"], step=17)
    assert_equals_oracle(evaluation, truth, maps, slice(None, None, 17))


def test_every_figure_is_there_and_in_range(folders: tuple[Path, Path, Path]) -> None:
    truth, maps, _ = folders
    for protocol in ("all", "davsod"):
        evaluation = evaluate(truth, maps, protocol)
        for figures in (evaluation.mean, *(row.figures for row in evaluation.sequences)):
            assert list(figures) == [figure.key for figure in FIGURES]
            assert all(0 <= value <= 1.0001 for value in figures.values())
            assert figures["J&F"] == pytest.approx((figures["J"] + figures["F"]) / 2)


def test_davsod_skips_the_ends_and_takes_the_maximum_of_the_mean_curve(folders: tuple[Path, Path, Path]) -> None:
    truth, _, maps = folders  # at the truth's size, so that resizing is not in it
    evaluation = evaluate(truth, maps, "davsod")
    assert [row.frames for row in evaluation.sequences] == [38, 3]
    assert evaluation.frames == 41
    expected = [oracle_figures(files(maps / name, truth / name)[1:-1]) for name in ("cows", "libby")]
    curve = np.mean([e["f_curve"] for e in expected], axis=0)
    assert evaluation.mean["maxF"] == evaluation.dataset["maxF"] == pytest.approx(curve.max(), abs=1e-6)
    assert evaluation.mean["maxF"] < np.mean([e["maxF"] for e in expected]) - 1e-3
    for key in ("S", "MAE", "adpF", "meanF"):
        assert evaluation.mean[key] == pytest.approx(np.mean([e[key] for e in expected]), abs=1e-6)


def test_workers_change_nothing(folders: tuple[Path, Path, Path]) -> None:
    truth, maps, _ = folders
    told: list[tuple[int, int]] = []
    alone = evaluate(truth, maps, progress=lambda done, total: told.append((done, total)))
    assert told == [(16, 45), (32, 45), (40, 45), (45, 45)]
    together = evaluate(truth, maps, jobs=2)
    assert together.mean == alone.mean
    assert [row.figures for row in together.sequences] == [row.figures for row in alone.sequences]


def test_a_worker_s_error_comes_through(folders: tuple[Path, Path, Path], tmp_path: Path) -> None:
    truth, _, _ = folders
    write_sequence(tmp_path / "unused", tmp_path / "maps" / "cows", 40)
    (tmp_path / "maps" / "cows" / "00030.png").write_text("no image")
    with pytest.raises(InputError, match=r"00030\.png is not a readable image"):
        evaluate(truth, tmp_path / "maps", only=["cows"], jobs=2)


def test_every_folder_is_looked_through_before_the_first_frame_is_read(folders: tuple[Path, Path, Path]) -> None:
    truth, maps, worse = folders
    told: list[int] = []
    with pytest.raises(UsageError, match="nowhere"):
        evaluate_all(truth, [maps, worse / "nowhere"], progress=lambda done, _: told.append(done))
    assert told == []


def test_odd_requests(folders: tuple[Path, Path, Path]) -> None:
    truth, maps, _ = folders
    with pytest.raises(UsageError, match="at least 1"):
        evaluate(truth, maps, step=0)
    with pytest.raises(UsageError, match="at least 1"):
        evaluate(truth, maps, jobs=0)
    with pytest.raises(UsageError, match="there are all and davsod"):
        evaluate(truth, maps, "other")
    assert evaluate(truth, maps, step=10).sequence("cows").frames == 4
    with pytest.raises(KeyError):
        evaluate(truth, maps, step=10).sequence("goat")


def test_rows_of_davsod_keep_their_own_maximum(folders: tuple[Path, Path, Path]) -> None:
    truth, maps, _ = folders
    row: SequenceScore = evaluate(truth, maps, "davsod").sequence("cows")
    assert row.figures["maxF"] == row.f_curve.max()
    assert row.figures["meanE"] == row.e_curve.mean()


def test_a_comparison_is_new_minus_base_and_names_the_worst(folders: tuple[Path, Path, Path]) -> None:
    truth, maps, worse = folders
    new, base = evaluate_all(truth, [maps, worse])
    difference = compare(new, base)
    assert difference.mean["S"] == new.mean["S"] - base.mean["S"] > 0
    assert difference.mean["MAE"] < 0
    assert difference.dataset["maxF"] == new.dataset["maxF"] - base.dataset["maxF"]
    gains = {row.name: row.figures["S"] - base.sequence(row.name).figures["S"] for row in new.sequences}
    assert {name: figures["S"] for name, figures in difference.sequences.items()} == gains
    assert difference.worst == min(gains, key=lambda name: gains[name])
    with pytest.raises(ValueError, match="differ in protocol"):
        compare(new, evaluate(truth, worse, "davsod"))
    with pytest.raises(ValueError, match="sequences or frames"):
        compare(new, evaluate(truth, worse, only=["cows"]))


def test_truth_or_maps_that_say_nothing_are_noted(tmp_path: Path) -> None:
    write_sequence(tmp_path / "gt" / "cows", tmp_path / "maps" / "cows", 3)
    write_sequence(tmp_path / "gt" / "libby", tmp_path / "maps" / "libby", 3)
    assert evaluate(tmp_path / "gt", tmp_path / "maps").notes == ()
    for t in range(3):
        write(tmp_path / "gt" / "cows" / f"{t:05d}.png", np.zeros((48, 64), np.uint8))
        write(tmp_path / "maps" / "libby" / f"{t:05d}.png", np.full((48, 64), 7, np.uint8))
    notes = evaluate(tmp_path / "gt", tmp_path / "maps").notes
    assert notes == (
        "cows: the truth is empty in every scored frame",
        f"libby: every map in {tmp_path / 'maps'} has one value only",
    )


def test_curves_are_means_over_sequences(folders: tuple[Path, Path, Path]) -> None:
    truth, _, maps = folders
    evaluation = evaluate(truth, maps)
    recall = [row.recall for row in evaluation.sequences]
    np.testing.assert_allclose(evaluation.curve("recall"), (recall[0] + recall[1]) / 2)
    assert evaluation.curve("f_curve").max() == evaluation.dataset["maxF"]
