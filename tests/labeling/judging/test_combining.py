"""What two orders of showing say alike stays; nothing that hangs on the order does."""

from itertools import combinations, permutations, product

import pytest

from labeling.judging.combining import combined

A, B, C, D = 10, 11, 12, 13


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ([[A], [B]], [[A], [B]], [[A], [B]]),
        ([[A], [B]], [[B], [A]], [[A, B]]),
        ([[A], [B]], [[A, B]], [[A, B]]),
        ([[A, B]], [[A, B]], [[A, B]]),
        (None, None, None),
        (None, [[A], [B]], [[A, B]]),
    ],
)
def test_two_responses(
    first: list[list[int]] | None, second: list[list[int]] | None, both: list[list[int]] | None
) -> None:
    assert combined([first, second], responses=[B, A]) == both


def test_one_order_is_taken_as_it_is() -> None:
    assert combined([[[C], [A, B]]], responses=[A, B, C]) == [[C], [A, B]]


def test_what_both_orders_say_of_four_stays() -> None:
    first, second = [[A], [B], [C], [D]], [[B], [A], [D], [C]]
    assert combined([first, second], responses=[D, C, B, A]) == [[A, B], [C, D]]


def test_a_judge_of_places_says_nothing_of_responses() -> None:
    assert combined([[[A], [B], [C]], [[C], [B], [A]]], responses=[A, B, C]) == [[A, B, C]]


def test_no_pair_is_ordered_that_the_orders_differ_on() -> None:
    rankings = [[[each] for each in order] for order in permutations([A, B, C, D])]
    for first, second in product(rankings[:6], rankings):
        tiers = combined([first, second], responses=[A, B, C, D])
        assert tiers is not None
        assert sorted(each for tier in tiers for each in tier) == [A, B, C, D]
        for upper, lower in combinations(range(len(tiers)), 2):
            for better, worse in product(tiers[upper], tiers[lower]):
                for ranking in (first, second):
                    assert ranking.index([better]) < ranking.index([worse])
