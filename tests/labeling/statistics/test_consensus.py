"""Consensus: weights, soft labels, Tideman's order and the circles it leaves alone."""

import numpy as np
import pytest

from labeling.statistics.consensus import (
    WeightedPair,
    most_similar_mean,
    pairs_from_tiers,
    ranked_pairs,
    soft_label,
)


def test_pairs_of_a_ranking_weigh_one_together():
    pairs = pairs_from_tiers([["b"], ["a", "c"]], ties="keep")
    third = pytest.approx(1 / 3)
    assert pairs == [
        WeightedPair("b", "a", 1.0, third),
        WeightedPair("b", "c", 1.0, third),
        WeightedPair("a", "c", 0.5, third),
    ]
    assert [pair[:2] for pair in pairs_from_tiers([["b"], ["a", "c"]])] == [("b", "a"), ("b", "c")]
    soft = pairs_from_tiers([["b"], ["a", "c"]], ties="soft")
    assert sum(pair.weight for pair in soft) == pytest.approx(1)
    assert [pair[:2] for pair in soft[2:]] == [("a", "c"), ("c", "a")]


def test_all_tied_gives_no_pairs_and_one_item_none():
    assert pairs_from_tiers([["a", "b", "c"]]) == []
    assert pairs_from_tiers([["a"]]) == pairs_from_tiers([]) == []
    with pytest.raises(ValueError, match="once"):
        pairs_from_tiers([["a"], ["a"]])


def test_soft_labels_count_ties_half():
    assert soft_label(2, 1, 1) == 0.625
    assert soft_label(3, 0, 0, smooth=True) == 0.8
    assert np.isnan(soft_label(0, 0, 0))


# Tideman's own example of an election of the capital of Tennessee, as it is usually given.
TENNESSEE = (
    [[["Memphis"], ["Nashville"], ["Chattanooga"], ["Knoxville"]]] * 42
    + [[["Nashville"], ["Chattanooga"], ["Knoxville"], ["Memphis"]]] * 26
    + [[["Chattanooga"], ["Knoxville"], ["Nashville"], ["Memphis"]]] * 15
    + [[["Knoxville"], ["Chattanooga"], ["Nashville"], ["Memphis"]]] * 17
)


def test_ranked_pairs_of_the_capital_of_tennessee():
    assert ranked_pairs(TENNESSEE) == [["Nashville"], ["Chattanooga"], ["Knoxville"], ["Memphis"]]


def test_a_circle_is_a_tie():
    circle = [[["a"], ["b"], ["c"]], [["b"], ["c"], ["a"]], [["c"], ["a"], ["b"]]]
    assert ranked_pairs(circle) == [["a", "b", "c"]]
    below = [[*ballot, ["d"]] for ballot in circle]
    assert ranked_pairs(below) == [["a", "b", "c"], ["d"]]


def test_the_weakest_majority_of_an_unequal_circle_gives_way():
    ballots = (
        [[["a"], ["b"], ["c"]]] * 4 + [[["b"], ["c"], ["a"]]] * 3 + [[["c"], ["a"], ["b"]]] * 2
    )
    # a over b by 3, b over c by 5, c over a by 1.
    assert ranked_pairs(ballots) == [["a"], ["b"], ["c"]]


def test_equal_votes_are_a_tie_and_ballots_may_leave_items_out():
    assert ranked_pairs([[["a"], ["b"]], [["b"], ["a"]]]) == [["a", "b"]]
    assert ranked_pairs([[["a"], ["b"]], [["b"], ["c"]]]) == [["a"], ["b"], ["c"]]
    assert ranked_pairs([[["a", "b"]]]) == [["a", "b"]]
    assert ranked_pairs([]) == []


def test_the_three_most_similar_scores():
    assert most_similar_mean([1, 3, 4, 4]) == pytest.approx(11 / 3)
    assert most_similar_mean([0, 0, 4, 4, 4]) == 4
    assert np.isnan(most_similar_mean([0, 2, 4]))
    assert np.isnan(most_similar_mean([1, 2]))
    assert most_similar_mean([1, 2, 3]) == 2


def test_a_ballot_may_be_a_plain_ranking():
    assert ranked_pairs([["Nashville", "Memphis"]] * 2) == [["Nashville"], ["Memphis"]]
    assert ranked_pairs([[1, 0], [1, 0], [0, 1]]) == [[1], [0]]
    assert pairs_from_tiers(["ab", "cd"]) == [("ab", "cd", 1.0, 1.0)]


def test_there_is_no_other_way_with_ties():
    with pytest.raises(ValueError, match="drop, soft, keep"):
        pairs_from_tiers([[1, 2]], "split")
