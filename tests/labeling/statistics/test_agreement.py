"""Agreement: published figures, an independent library, and cases with known answers."""

import krippendorff
import numpy as np
import pytest

from labeling.statistics.agreement import (
    alpha,
    leave_one_out,
    quadratic_kappa,
    raw_agreement,
    tie_discounted_agreement,
)

N = float("nan")
# Krippendorff 2011, section D: four observers, twelve units.
OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
    [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
]


@pytest.mark.parametrize(
    ("level", "published"),
    [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)],
)
def test_alpha_is_krippendorffs(level, published):
    assert alpha(OBSERVERS, level) == pytest.approx(published, abs=5e-4)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
@pytest.mark.parametrize("seed", range(5))
def test_alpha_is_what_the_library_computes(level, seed):
    random = np.random.default_rng(seed)
    ratings = random.integers(1, 6, (5, 60)).astype(float)
    ratings[1:] = np.where(random.random((4, 60)) < 0.5, ratings[0], ratings[1:])
    ratings[random.random((5, 60)) < 0.3] = np.nan
    oracle = krippendorff.alpha(reliability_data=ratings, level_of_measurement=level)
    assert alpha(ratings, level) == pytest.approx(oracle, abs=1e-12)


def test_alpha_of_perfect_agreement_is_one_and_of_no_variation_unknown():
    assert alpha([[1, 2, 3], [1, 2, 3]]) == 1.0
    assert np.isnan(alpha([[1, 1, 1], [1, 1, 1]]))
    assert np.isnan(alpha([[1, 2, N], [N, N, 3]]))
    assert np.isnan(alpha(np.empty((3, 0))))


def test_raw_agreement_counts_the_same_answers():
    found = raw_agreement([["a", "a"], ["a", "b"], ["b", "b"], ["b", "b"]])
    assert (found.share, found.pairs) == (0.75, 4)
    assert found.standard_error == pytest.approx((0.75 * 0.25 / 4) ** 0.5)
    assert np.isnan(raw_agreement(np.empty((0, 2))).share)


def test_pairs_of_one_item_are_one_observation():
    pairs = [[1, 1], [1, 1], [1, 1], [0, 1], [0, 1], [0, 1]]
    apart, together = raw_agreement(pairs), raw_agreement(pairs, items=[1, 1, 1, 2, 2, 2])
    assert together.share == apart.share == 0.5
    # Two items, one agreed on and one not: √(2/1 · (1.5² + 1.5²) / 6²).
    assert together.standard_error == pytest.approx(0.5)
    assert apart.standard_error == pytest.approx((0.25 / 6) ** 0.5)


def test_a_tie_against_a_choice_is_half_an_agreement():
    assert tie_discounted_agreement([1, 0, 0.5, 0.5], [1, 1, 0.5, 0]) == 0.625
    assert np.isnan(tie_discounted_agreement([], []))


def test_quadratic_kappa_by_its_definition():
    random = np.random.default_rng(1)
    a, b = random.integers(0, 5, 200), random.integers(0, 5, 200)
    b = np.where(random.random(200) < 0.6, a, b)
    table = np.zeros((5, 5))
    np.add.at(table, (a, b), 1 / 200)
    weights = np.subtract.outer(np.arange(5), np.arange(5)) ** 2
    chance = np.outer(table.sum(1), table.sum(0))
    by_hand = 1 - (weights * table).sum() / (weights * chance).sum()
    assert quadratic_kappa(a, b) == pytest.approx(by_hand)
    assert np.isnan(quadratic_kappa([2, 2], [2, 2]))


def test_leaving_oneself_out_of_the_majority():
    # Item 1: ann, bob and cat say a; dan says b. Item 2: ann says b, bob a: neither is a majority
    # of others with a vote more, so each disagrees with the one other. Item 3: two against two.
    items = [1, 1, 1, 1, 2, 2, 3, 3, 3, 3]
    people = ["ann", "bob", "cat", "dan", "ann", "bob", "ann", "bob", "cat", "dan"]
    answers = ["a", "a", "a", "b", "b", "a", "a", "a", "b", "b"]
    found = leave_one_out(items, people, answers)
    assert found.labelers.tolist() == ["ann", "bob", "cat", "dan"]
    # On item 3 the others are two against one for the other answer.
    assert found.agreement.count.tolist() == [1, 1, 1, 0]
    assert found.agreement.total.tolist() == [3, 3, 2, 2]
    assert (found.agreement.lower <= found.agreement.share).all()


def test_whom_nobody_else_judged_with_has_no_agreement():
    found = leave_one_out([1, 2], ["ann", "bob"], ["a", "a"])
    assert found.agreement.total.tolist() == [0, 0]
    assert np.isnan(found.agreement.share).all()


def test_nobody_is_compared_where_nothing_was_answered() -> None:
    found = leave_one_out([], [], [])
    assert len(found.labelers) == 0
    assert len(found.agreement.share) == 0


@pytest.mark.parametrize("kind", [object, str])
def test_alpha_of_labels_is_what_the_library_computes(kind):
    random = np.random.default_rng(4)
    numbers = random.integers(0, 3, (4, 30)).astype(float)
    numbers[random.random((4, 30)) < 0.3] = np.nan
    words = np.array(["no", "perhaps", "yes", N], object)
    labels = words[np.where(np.isnan(numbers), 3, numbers).astype(int)].astype(kind)
    oracle = krippendorff.alpha(reliability_data=numbers, level_of_measurement="nominal")
    assert alpha(labels.tolist()) == pytest.approx(oracle, abs=1e-12)
    assert alpha(labels) == pytest.approx(oracle, abs=1e-12)


def test_alpha_refuses_what_it_cannot_measure():
    with pytest.raises(ValueError, match="nominal, ordinal, interval, ratio"):
        alpha(OBSERVERS, "binary")
    with pytest.raises(ValueError, match="could not convert"):
        alpha([["yes", "no"], ["yes", "yes"]], "ordinal")
    assert np.isnan(alpha([]))


@pytest.mark.parametrize("nothing", [None, N])
def test_a_missing_answer_is_not_a_different_one(nothing):
    assert raw_agreement([["a", "a"], ["a", nothing], [nothing, nothing]])[::2] == (1.0, 1)
    assert raw_agreement([[nothing, "a"]]).pairs == 0
    assert raw_agreement([[1, 1], [1, N], [0, 1]], items=[1, 1, 2])[::2] == (0.5, 2)
    assert tie_discounted_agreement([1, N, 0], [1, 1, 0.5]) == 0.75
    assert quadratic_kappa([1, 2, 3, N], [1, 2, 3, 1]) == 1.0


def test_columns_must_be_equally_long():
    with pytest.raises(ValueError, match="equally long"):
        tie_discounted_agreement([1, 0, 1], [1])
