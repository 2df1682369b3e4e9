"""Layouts as plugins: ours and a stranger's, named on the command line or recognised, and what goes wrong in them."""

# ruff: noqa: F811 (fixtures are imported by name)
from __future__ import annotations

import re
from pathlib import Path

import pytest
from published_layouts import davsod, grey, mask, photo, write
from stranger_package import Install, install  # noqa: F401

from vsodboost.data.errors import InputError, PluginError, UsageError
from vsodboost.datasets import LAYOUTS, layout_names, read_dataset, registered_layouts
from vsodboost.datasets.inputs import open_inputs
from vsodboost.registry.discovery import Registry
from vsodboost.training.files import list_files

PACKAGE = """
import vsodboost

def build(request):
    from vsodboost.datasets import annotated, listing

    class Alpha(vsodboost.Layout):
        def fits(self, root):
            {fits}

        def read(self, root, within):
            {read}

    return Alpha("{name}", "SEQUENCE/alpha")

@vsodboost.hookimpl
def vsodboost_register_layouts(register):
    register("alpha", build, vsodboost.Card("frames in a folder, masks in its folder alpha"))
"""
FITS = "return any((folder / 'alpha').is_dir() for folder in listing.folders(root))"
READ = """return [
                annotated(folder.name, listing.frames(folder), {f.stem: [f] for f in listing.images(folder / "alpha")})
                for folder in listing.folders(root)
            ]"""


def alpha(fits: str = FITS, read: str = READ, name: str = "alpha") -> str:
    return PACKAGE.format(fits=fits, read=read, name=name)


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """Two sequences of two frames with masks beside the frames, in a folder ``alpha``."""
    for name in ("cows", "dogs"):
        for t in range(2):
            write(tmp_path / "sets" / name / f"{t:05d}.jpg", photo(t))
            write(tmp_path / "sets" / name / "alpha" / f"{t:05d}.png", grey(mask(t, 0)))
    return tmp_path / "sets"


def test_ours_are_registered_by_the_names_they_have() -> None:
    registry = Registry.load(only=[])
    assert list(registry.entries["layouts"]) == layout_names()
    assert registered_layouts(registry) == LAYOUTS
    assert registered_layouts(Registry.load(only=[], no_plugin=["layouts"])) == ()


def test_a_strangers_is_recognised_and_named(sets: Path, install: Install) -> None:
    assert open_inputs([sets]).data_sets == ()  # without it, each folder is a video
    install("alpha_layout", alpha())
    layouts = registered_layouts(Registry.load())
    found = read_dataset(sets, layouts=layouts)
    assert found.summary == "alpha, 2 sequences" == read_dataset(sets, "alpha", layouts).summary
    assert [len(sequence.truths) for sequence in found.sequences] == [2, 2]
    inputs = open_inputs([sets], layouts=layouts)
    assert inputs.data_sets == (f"{sets}: alpha, 2 sequences",) and [source.name for source in inputs] == [
        "cows",
        "dogs",
    ]
    videos = list_files([sets], read=lambda root: read_dataset(root, "alpha", layouts)).videos
    assert [video.labelled for video in videos] == [[0, 1], [0, 1]]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            alpha(fits="raise KeyError('gone')"),
            r"failed on .*KeyError: 'gone'; leave it out with --no-plugin alpha_layout",
        ),
        (alpha(read="raise SystemExit(3)"), r"called sys.exit\(3\) reading "),
        (alpha(read="return 7"), "returned an int; expected a list of AnnotatedSequence"),
        (alpha(read="return ['cows']"), "returned a str; expected an AnnotatedSequence"),
        (alpha(read="return [annotated('cows', [], {'0': ['0.png']})]"), "are to be of type pathlib.Path"),
        (alpha(name="beta"), "returned the layout 'beta'; give it the name it registers"),
        (
            alpha().replace('return Alpha("alpha", "SEQUENCE/alpha")', "return 3"),
            "returned an int; expected a vsodboost",
        ),
    ],
)
def test_what_goes_wrong_in_it_names_it(sets: Path, install: Install, code: str, said: str) -> None:
    install("alpha_layout", code)
    with pytest.raises(PluginError, match=rf"layout 'alpha' \(plugin alpha_layout\).*{said}"):
        open_inputs([sets], layouts=registered_layouts(Registry.load()))


def test_the_example_in_the_documentation_works(sets: Path, install: Install) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
    (example,) = [code for code in re.findall(r"```python\n(.*?)```", page, re.S) if "register_layouts" in code]
    install("documented", example)
    found = read_dataset(sets, layouts=registered_layouts(Registry.load()))
    assert found.summary == "alpha, 2 sequences" and all(len(each.truths) == 2 for each in found.sequences)


def test_a_layout_that_is_asked_for_is_taken_or_refused(sets: Path, tmp_path: Path) -> None:
    made = davsod(tmp_path / "davsod")
    assert [source.name for source in open_inputs([made.root], layout="davsod")] == list(made.truths)
    with pytest.raises(UsageError, match="has not the layout duts"):
        open_inputs([made.root], layout="duts")
    with pytest.raises(UsageError, match="no layout 'daviz'"):
        open_inputs([made.root], layout="daviz")
    frame = sets / "cows" / "00000.jpg"
    with pytest.raises(UsageError, match="single frames have no layout davis"):
        open_inputs([frame, sets / "cows" / "00001.jpg"], layout="davis")
    (tmp_path / "clip.mp4").write_bytes(b"")
    with pytest.raises(UsageError, match=r"clip\.mp4 is no folder, so it has no layout davis"):
        open_inputs([tmp_path / "clip.mp4"], layout="davis")


def test_masks_alone_are_no_videos(tmp_path: Path) -> None:
    write(tmp_path / "set" / "Annotations" / "cows" / "0.png", grey(mask(0, 0)))
    with pytest.raises(UsageError, match="davis, 1 sequence of masks alone"):
        open_inputs([tmp_path / "set"], layout="davis")
    write(tmp_path / "set" / "JPEGImages" / "dogs" / "0.jpg", photo(0))
    write(tmp_path / "set" / "Annotations" / "dogs" / "0.png", grey(mask(0, 0)))
    cows, dogs = open_inputs([tmp_path / "set"], layout="davis")
    with pytest.raises(InputError, match="no frames of cows, only masks"):
        next(cows.frames())
    assert len(list(dogs.frames())) == 1
