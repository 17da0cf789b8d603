"""Offsets between a response's own text and the one that was served, masks and all."""

import pytest

from labeling.answers.served import Served

#          0123456789012345678901234567890
ORIGINAL = "As Bo I say: Bo, that is Bertha."
MASKED = "As ### I say: ###, that is ###."
HIDDEN = [[3, 5], [13, 15], [25, 31]]
SERVED = Served(ORIGINAL, MASKED, HIDDEN)


def original(start: int, end: int) -> str:
    first, last = SERVED.to_original(start, end)
    return ORIGINAL[first:last]


@pytest.mark.parametrize(
    ("marked", "means"),
    [
        ("As", "As"),
        ("###", "Bo"),
        ("As #", "As Bo"),
        ("# I say", "Bo I say"),
        ("I say: ###", "I say: Bo"),
        ("that is", "that is"),
        ("say: ###, that", "say: Bo, that"),
        (".", "."),
        (MASKED, ORIGINAL),
    ],
)
def test_a_stretch_of_what_was_served_is_found_in_the_original(marked: str, means: str) -> None:
    start = MASKED.index(marked)
    assert original(start, start + len(marked)) == means


def test_inside_a_mask_is_all_that_it_hides() -> None:
    assert original(4, 5) == "Bo"
    assert original(28, 29) == "Bertha"


def test_without_masks_nothing_moves() -> None:
    assert Served("abc", "abc").to_original(1, 3) == (1, 3)
    assert Served("abc", "abc").to_served(1, 3) == (1, 3)


def test_what_was_stored_is_shown_at_the_same_words_again() -> None:
    for start in range(len(MASKED)):
        for end in range(start + 1, len(MASKED) + 1):
            stored = SERVED.to_original(start, end)
            shown = SERVED.to_served(*stored)
            assert SERVED.to_original(*shown) == stored
            assert shown[0] <= start
            assert shown[1] >= end


def test_text_before_and_after_a_mask_is_not_drawn_in() -> None:
    assert SERVED.to_original(0, 3) == (0, 3)
    assert SERVED.to_original(6, 8) == (5, 7)
