"""Which ratings warn of a text. No database."""

import pytest

from labeling.answers import Rating
from labeling.content_warnings import warned_of


@pytest.mark.parametrize(
    ("rating", "categories"),
    [
        (Rating(flags={"sexual_content": True}), ["sexual"]),
        (Rating(labels={"sexual_content": True}, flags={"sexual_content": True}), ["sexual"]),
        (
            Rating(flags={"violent_content": True, "encourages_harm": True}),
            ["self_harm", "violence"],
        ),
        (Rating(labels={"hate_speech": True, "violence": 0.5}), ["hate", "violence"]),
        (Rating(labels={"violence": 0.25, "hate_speech": False, "sexual_content": False}), []),
        (Rating(flags={"sexual_content": False, "violent_content": False}), []),
        (
            Rating(overall=1, flags={"hallucination": True}, labels={"spam": True, "toxicity": 1}),
            [],
        ),
    ],
)
def test_categories_by_answer(rating: Rating, categories: list[str]) -> None:
    assert list(warned_of({7: rating})) == [(7, category) for category in categories]


def test_warnings_are_ascending_so_that_two_submits_lock_them_in_one_order() -> None:
    both = Rating(labels={"violence": 1.0, "hate_speech": True})
    assert list(warned_of({9: both, 4: both})) == [
        (4, "hate"),
        (4, "violence"),
        (9, "hate"),
        (9, "violence"),
    ]
