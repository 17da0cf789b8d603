"""What policies make of the votes: which pairs are asked about, and with what chance."""

import numpy as np
import pytest

from labeling.statistics.bradley_terry import Votes
from labeling.statistics.crowd import crowd_bt
from labeling.statistics.rules import RULES, Arena, CrowdBT, DOptimal, Known
from tests.labeling.statistics.crowds import crowd

PAIRS = np.triu_indices(5, 1)


def known(votes, labelers=None, *, models=5, owed=None):
    first, second, outcome, weights = (np.array(column) for column in zip(*votes, strict=True))
    rows = Votes(first.astype(np.intp), second.astype(np.intp), outcome.astype(float),
                 weights.astype(float), models)  # fmt: skip
    people = np.zeros(len(rows.first), np.intp) if labelers is None else np.array(labelers)
    return Known(rows, people, np.zeros((models, models)) if owed is None else owed)


def nothing():
    empty = np.zeros(0, np.intp)
    return Known(Votes(empty, empty, np.zeros(0), np.zeros(0), 5), empty, np.zeros((5, 5)))


@pytest.mark.parametrize("name", RULES)
def test_without_votes_all_pairs_are_alike(name):
    chances = RULES[name](nothing()).probabilities(*PAIRS)
    assert chances == pytest.approx(np.full(10, 0.1))


@pytest.mark.parametrize("name", RULES)
def test_chances_sum_to_one_and_none_is_small_beyond_bounds(name):
    given = crowd(seed=1, models=4, labelers=20, votes_each=200)
    votes = [
        (first, second, outcome, 1)
        for first, second, outcome in zip(given.first, given.second, given.outcome, strict=True)
    ]
    chances = RULES[name](known(votes, given.labelers)).probabilities(*PAIRS)
    assert chances.sum() == pytest.approx(1)
    assert chances.min() >= 0.1 / 10  # a tenth of the choices is even
    newcomer = (PAIRS[0] == 4) | (PAIRS[1] == 4)
    assert chances[newcomer].min() > 4 * chances[~newcomer].max()


@pytest.mark.parametrize("name", RULES)
def test_votes_owed_count_as_given(name):
    votes = [(0, 1, 1, 3), (0, 1, 0, 3), (2, 3, 1, 3), (2, 3, 0, 3)]
    owed = np.zeros((5, 5))
    owed[0, 1] = owed[1, 0] = 20
    waiting = RULES[name](known(votes, owed=owed))
    chances = waiting.probabilities(*PAIRS)
    at = {
        pair: place for place, pair in enumerate(zip(*map(np.ndarray.tolist, PAIRS), strict=True))
    }
    assert chances[at[0, 1]] < chances[at[2, 3]]

    step_by_step = RULES[name](known(votes))
    for _ in range(20):
        step_by_step.owe(0, 1, 1.0)
    assert step_by_step.probabilities(*PAIRS) == pytest.approx(chances)


def test_the_arena_rule_by_hand():
    """Two wins and a tie: with a win and a loss added, mean 0.7 and mean square 0.65."""
    rule = Arena(known([(0, 1, 1, 2), (1, 0, 0.5, 1)], models=3))
    gains = rule.gains(np.array([0, 0]), np.array([1, 2]))
    deviation = (0.65 - 0.7**2) ** 0.5
    seen = deviation * (3**-0.5 - 4**-0.5)
    fresh = 0.5 * (1 - 2**-0.5)
    assert gains == pytest.approx(np.array([seen, fresh]) / (seen + fresh))


def test_the_order_within_a_row_means_nothing():
    forth = [(0, 1, 1, 4), (1, 2, 0.5, 2), (0, 3, 0, 1)]
    back = [(b, a, 1 - outcome, count) for a, b, outcome, count in forth]
    for rule in (Arena, DOptimal, CrowdBT):
        assert rule(known(forth)).probabilities(*PAIRS) == pytest.approx(
            rule(known(back)).probabilities(*PAIRS), rel=1e-3
        )


def test_who_contradicts_the_crowd_is_known_for_it_and_teaches_less():
    pairs = [(0, 1), (1, 2), (0, 2), (2, 3), (1, 3), (0, 3)]
    people = np.repeat(np.arange(4), len(pairs))
    votes = [
        (first, second, float(who < 3), 5)
        for (first, second), who in zip(pairs * 4, people, strict=True)
    ]
    rule = CrowdBT(known(votes, people))
    reliability = rule._alpha / (rule._alpha + rule._beta)
    assert sorted(reliability > 0.5) == [False, True, True, True]
    assert rule._strengths[:4].tolist() == sorted(rule._strengths[:4], reverse=True)


def test_a_vote_given_twice_is_a_vote_of_weight_two():
    given = crowd(seed=3, models=4, labelers=8, votes_each=30)
    columns = given.first, given.second, given.outcome, given.labelers
    twice = crowd_bt(*(np.repeat(column, 2) for column in columns), models=4)
    weighed = crowd_bt(*columns, models=4, weights=np.full(len(given.first), 2))
    assert weighed.strengths == pytest.approx(twice.strengths, abs=1e-4)
    assert weighed.reliabilities == pytest.approx(twice.reliabilities, abs=1e-3)
