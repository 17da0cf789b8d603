"""What votes say of how many more are owed. No database."""

import pytest

from labeling.overlap import Course, Rules, course

TWO_THREE_FIVE = Rules(overlap=2, steps=(3, 5), stop_confidence=0.85)
A, B, C = [1], [2], [3]


def follows(*ballots, responses=(1, 2), waiting=0, rules=TWO_THREE_FIVE):
    return course(ballots, responses=responses, rules=rules, waiting=waiting)


def test_agreement_of_two_is_enough_and_a_dispute_goes_on_to_three_and_five():
    assert follows([A, B], [A, B]) == Course(0, owe=0, enough=True)
    assert follows([A, B], [B, A]).owe == 1
    assert follows([A, B], [B, A], [A, B]).owe == 2
    assert follows([A, B], [B, A], [A, B], [A, B], [A, B]).enough
    split = follows([A, B], [B, A], [A, B], [A, B], [B, A])
    assert (split.owe, split.enough) == (0, False)  # there is no further step: it is for an expert


def test_nothing_more_is_owed_while_answers_are_awaited():
    assert follows([A, B], waiting=1) == Course(None)
    assert follows([A, B], [B, A], waiting=1).owe == 0


def test_fewer_votes_than_the_overlap_are_topped_up():
    assert follows([A, B]).owe == 1  # built when the policy asked for one


def test_ties_and_nothing_acceptable_agree_that_neither_is_better():
    assert follows([[1, 2]], [[1, 2]]).enough
    assert follows([[1, 2]], None) == Course(0, enough=True)
    assert follows([A, B], None).owe == 1
    assert follows([A, B], [[1, 2]]).owe == 1


def test_the_two_leading_responses_decide():
    """Whoever comes last may be disputed: the choice between the best is clear."""
    clear = follows([A, B, C], [A, B, C], [A, C, B], responses=(1, 2, 3))
    assert (clear.enough, clear.disagreement) == (True, pytest.approx(0.579, abs=0.001))
    disputed = follows([A, B, C], [B, A, C], responses=(1, 2, 3))
    assert (disputed.owe, disputed.disagreement) == (1, pytest.approx(0.631, abs=0.001))
    same_second = follows([A, [2, 3]], [A, [2, 3]], responses=(1, 2, 3))  # a choice of the best
    assert same_second.enough
    assert follows([A, [2, 3]], [B, [1, 3]], responses=(1, 2, 3)).owe == 1


@pytest.mark.parametrize(
    ("ballots", "expected"),
    [
        ([[A, B]], None),
        ([[A, B], [A, B]], 0),
        ([[A, B], [B, A]], 0.6309),
        ([[A, B], [B, A], [[1, 2]]], 1),
        ([[A, B], [B, A], None], 1),
        ([[A, B]] * 3 + [[B, A]] * 2, 0.6126),
    ],
)
def test_disagreement_is_the_entropy_of_the_most_disputed_pair(ballots, expected):
    found = follows(*ballots).disagreement
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-4))


def test_without_steps_the_overlap_is_all_that_is_owed():
    fixed = Rules(overlap=3, steps=(), stop_confidence=0.85)
    assert follows([A, B], [B, A], rules=fixed) == Course(pytest.approx(0.6309, abs=1e-4))
