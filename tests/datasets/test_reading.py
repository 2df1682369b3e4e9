"""Every layout as it is published: recognised, read whole, scored as the reference scores it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from map_files import write
from published_layouts import (
    LAYOUTS,
    Published,
    davis_2016,
    davsod,
    fbms,
    grey,
    mask,
    photo,
    segtrack_v2,
    write_maps,
    youtube_objects,
)
from sod_oracle import oracle_figures

from vsodboost.data.errors import InputError, UsageError
from vsodboost.datasets import Layout, layout_names, listing, read_dataset
from vsodboost.datasets.reading import LAYOUTS as READERS
from vsodboost.datasets.videos import dataset_videos, recognised_dataset
from vsodboost.metrics.evaluate import evaluate
from vsodboost.metrics.truth import truth_mask


@pytest.fixture(params=list(LAYOUTS))
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Published:
    return LAYOUTS[request.param](tmp_path)


def test_it_is_recognised_and_every_mask_belongs_to_its_frame(made: Published) -> None:
    found = read_dataset(made.root)
    assert (found.layout, found.summary) == (made.layout, made.summary)
    assert [sequence.name for sequence in found.sequences] == list(made.truths)
    for sequence in found.sequences:
        expected = made.truths[sequence.name]
        assert [frame.stem for frame in sequence.frames] == made.frames[sequence.name]
        assert [truth.frame for truth in sequence.truths] == list(expected)
        assert sequence.sparse == (0 < len(expected) < len(made.frames[sequence.name]))
        for truth in sequence.truths:
            np.testing.assert_array_equal(truth_mask(truth).mask, expected[truth.frame])


def test_perfect_maps_score_one(made: Published, tmp_path: Path) -> None:
    write_maps(made, tmp_path / "maps", every=True)
    evaluation = evaluate(made.root, tmp_path / "maps")
    assert evaluation.layout == made.layout
    assert evaluation.frames == sum(len(truths) for truths in made.truths.values())
    for key in ("maxF", "S", "maxE", "wF", "J", "F"):
        assert evaluation.mean[key] == pytest.approx(1, abs=1e-3), key
    assert evaluation.mean["MAE"] == 0


def test_figures_equal_pysodmetrics(made: Published, tmp_path: Path) -> None:
    maps = write_maps(made, tmp_path / "maps", noise=0.6)
    evaluation = evaluate(made.root, tmp_path / "maps")
    for row in evaluation.sequences:
        pairs = [(maps[row.name][frame], grey(truth)) for frame, truth in made.truths[row.name].items()]
        expected = oracle_figures(pairs)
        for key in ("maxF", "meanF", "adpF", "S", "maxE", "meanE", "adpE", "wF", "MAE"):
            assert row.figures[key] == pytest.approx(expected[key], abs=1e-3), (row.name, key)


def test_its_videos_are_the_frames_and_never_the_masks(made: Published) -> None:
    if not all(made.frames.values()):
        assert recognised_dataset(made.root) is None
        return
    found = recognised_dataset(made.root)
    assert found is not None
    videos = dataset_videos(found)
    assert [video.name for video in videos] == list(made.truths)
    for video in videos:
        shown = list(video.frames())
        assert [frame.name for frame in shown] == made.frames[video.name]
        assert all(np.ptp(frame.image, axis=2).any() for frame in shown)  # photographs, not masks


def test_choosing_the_layout_by_name_gives_the_same(made: Published) -> None:
    assert read_dataset(made.root, made.layout) == read_dataset(made.root)


@pytest.mark.parametrize(
    ("below", "names"),
    [
        ("Annotations", ["blackswan", "car-turn"]),
        ("Annotations/480p", ["blackswan", "car-turn"]),
        ("Annotations/480p/car-turn", ["car-turn"]),
        ("JPEGImages/480p", ["blackswan", "car-turn"]),
    ],
)
def test_a_folder_in_davis(tmp_path: Path, below: str, names: list[str]) -> None:
    made = davis_2016(tmp_path)
    found = read_dataset(made.root / below)
    assert (found.layout, [sequence.name for sequence in found.sequences]) == ("davis", names)
    assert all(truth.files[0].parts[-3] == "480p" for s in found.sequences for truth in s.truths)


def test_another_resolution_is_taken_where_it_is_given(tmp_path: Path) -> None:
    made = davis_2016(tmp_path)
    (swan, _) = read_dataset(made.root / "Annotations" / "1080p").sequences
    assert truth_mask(swan.truths[0]).mask.shape == (96, 128)
    assert swan.frames[0].parts[-3] == "1080p"


def test_several_unusual_resolutions_want_a_choice(tmp_path: Path) -> None:
    for resolution in ("240p", "1080p"):
        write(tmp_path / "Annotations" / resolution / "cows" / "0.png", grey(mask(0, 0)))
    with pytest.raises(UsageError, match=r"several resolutions \((240p, 1080p|1080p, 240p)\)"):
        read_dataset(tmp_path)


def test_annotations_without_frames(tmp_path: Path) -> None:
    write(tmp_path / "Annotations" / "cows" / "0.png", grey(mask(0, 0)))
    (cows,) = read_dataset(tmp_path).sequences
    assert cows.frames == () and not cows.sparse and [truth.frame for truth in cows.truths] == ["0"]


@pytest.mark.parametrize("below", ["select_0398", "select_0398/GT_object_level"])
def test_one_sequence_of_davsod(tmp_path: Path, below: str) -> None:
    made = davsod(tmp_path)
    found = read_dataset(made.root / below)
    assert found.summary == "davsod, 1 sequence"
    np.testing.assert_array_equal(truth_mask(found.sequences[0].truths[0]).mask, made.truths["select_0398"]["0398"])


def test_one_sequence_of_several_objects(tmp_path: Path) -> None:
    made = segtrack_v2(tmp_path)
    (bmx,) = read_dataset(made.root / "GroundTruth" / "bmx").sequences
    assert (bmx.name, [len(truth.files) for truth in bmx.truths]) == ("bmx", [2, 2, 1, 2])


def test_masks_of_one_frame_must_have_one_size(tmp_path: Path) -> None:
    made = segtrack_v2(tmp_path)
    write(made.root / "GroundTruth" / "bmx" / "2" / "bmx_06_001.png", np.zeros((4, 4), np.uint8))
    (bmx,) = read_dataset(made.root / "GroundTruth" / "bmx").sequences
    with pytest.raises(
        InputError, match=r"2/bmx_06_001\.png is 4x4, but .*1/bmx_06_001\.png of the same frame is 64x48"
    ):
        truth_mask(bmx.truths[1])


def test_fbms_without_definition_is_decided_by_the_whole_sequence(tmp_path: Path) -> None:
    """A frame without objects is all white there; by itself it would look like a mask of everything."""
    made = fbms(tmp_path)
    folder = made.root / "cars1"
    write(folder / "cars1_06.jpg", photo(6))
    write(folder / "GroundTruth" / "cars1_06_gt.ppm", np.full((48, 64, 3), 255, np.uint8))
    (cars,) = read_dataset(folder).sequences
    truth = cars.truth_of("cars1_06")
    assert truth is not None and not truth_mask(truth).mask.any()


def test_a_damaged_mask_of_fbms_is_named(tmp_path: Path) -> None:
    made = fbms(tmp_path)
    file = made.root / "tennis" / "GroundTruth" / "004_gt.pgm"
    file.write_bytes(b"P5 64 48")
    (tennis,) = read_dataset(made.root / "tennis").sequences
    with pytest.raises(InputError, match=r"004_gt\.pgm: cannot be read as an image"):
        truth_mask(tennis.truths[1])


def test_a_layout_that_does_not_fit_says_what_it_needs(tmp_path: Path) -> None:
    made = davsod(tmp_path)
    with pytest.raises(UsageError, match="has not the layout duts, which needs DUTS-TR-Image/ and DUTS-TR-Mask/ or"):
        read_dataset(made.root, "duts")
    assert read_dataset(made.root, "vos").summary == "vos, 2 sequences"  # the same folders, by whatever name
    with pytest.raises(UsageError, match="no layout 'daviz'; there are visal, fbms, "):
        read_dataset(made.root, "daviz")
    with pytest.raises(UsageError, match="nowhere: no such folder"):
        read_dataset(tmp_path / "nowhere")


def test_data_sets_of_several_layouts_side_by_side_want_a_choice(tmp_path: Path) -> None:
    davsod(tmp_path)
    fbms(tmp_path).root.rename(tmp_path / "Testset")
    with pytest.raises(UsageError, match=r"several layouts \(davsod in Easy-35, fbms in Testset\)"):
        read_dataset(tmp_path)


def test_what_archives_leave_behind_is_passed_over(tmp_path: Path) -> None:
    made = davsod(tmp_path)
    write(made.root / "__MACOSX" / "GT_object_level" / "0398.png", grey(mask(0, 0)))
    write(made.root / "select_0398" / "GT_object_level" / "._0398.png", grey(mask(0, 0)))
    assert read_dataset(made.root).summary == made.summary


def test_a_layout_of_somebody_else_is_tried_like_ours(tmp_path: Path) -> None:
    from vsodboost.datasets.folders import parallel_folders
    from vsodboost.datasets.sequence import AnnotatedSequence

    class Flat(Layout):
        def fits(self, root: Path) -> bool:
            return (root / "alpha").is_dir()

        def read(self, root: Path, within: Path) -> list[AnnotatedSequence]:
            return parallel_folders(root, ["alpha"])

    write(tmp_path / "alpha" / "cows" / "0.png", grey(mask(0, 0)))
    readers = (Flat("mine", "alpha/SEQUENCE"), *READERS)
    assert read_dataset(tmp_path, layouts=readers).summary == "mine, 1 sequence"
    assert layout_names(readers)[0] == "mine" and len(set(layout_names())) == len(layout_names())


def test_videos_beside_a_data_set_are_not_lost(tmp_path: Path) -> None:
    made = davsod(tmp_path)
    write(made.root / "my_clip" / "0.png", photo(0))
    assert recognised_dataset(made.root) is None  # whoever asked lists the folders himself


def test_the_documentation_lists_every_layout() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "inputs.md").read_text(encoding="utf-8")
    assert [name for name in layout_names() if f"`{name}`" not in page] == []


def test_a_closed_folder_beside_the_masks_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "gt" / "cows" / "0.png", grey(mask(0, 0)))
    (tmp_path / "aaa").mkdir()

    def scan(folder: Path) -> listing._Listed:
        if Path(folder).name == "aaa":
            raise InputError(f"cannot read {folder}: Permission denied")
        return whole(folder)

    whole = listing._scan
    monkeypatch.setattr(listing, "_scan", scan)
    assert read_dataset(tmp_path / "gt").summary == "plain, 1 sequence"
    with pytest.raises(InputError, match="aaa: Permission denied"):
        read_dataset(tmp_path)


def test_a_shot_of_youtube_objects(tmp_path: Path) -> None:
    made = youtube_objects(tmp_path)
    (cat,) = read_dataset(made.root / "cat").sequences
    assert cat.name == "cat_0012_003"
