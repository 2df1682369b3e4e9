"""Maps whose proportions are not the frame's."""

from __future__ import annotations

import pytest

from vsodboost.data.errors import InputError
from vsodboost.io.proportions import check_proportions


@pytest.mark.parametrize("given", [(480, 854), (240, 427), (1080, 1920), (481, 854)])
def test_the_same_proportions_need_no_word(given: tuple[int, int]) -> None:
    assert check_proportions(given, (480, 854), "the map") == ""


@pytest.mark.parametrize("given", [(352, 352), (480, 640), (400, 390)])
def test_another_aspect_ratio_is_said(given: tuple[int, int]) -> None:
    note = check_proportions(given, (480, 854), "the map of frame 00000")
    assert note.startswith(
        f"the map of frame 00000 is {given[1]}x{given[0]}, the frame 854x480: of another aspect ratio"
    )


@pytest.mark.parametrize(
    ("given", "frame"), [((854, 480), (480, 854)), ((96, 160), (160, 96)), ((640, 480), (480, 854))]
)
def test_the_other_orientation_is_refused(given: tuple[int, int], frame: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=r"the map is \d+x\d+, the frame \d+x\d+: of the other orientation; turn it"):
        check_proportions(given, frame, "the map")
