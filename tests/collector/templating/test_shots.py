"""Worked examples: which rows they are, and that no row sees its own answer."""

import pytest

from collector.importing.rows import RowError
from collector.templating.shots import Nearness, Pool, Shots
from collector.templating.templates import Rendered


def pool_of(*pairs, seed=1, size=100):
    pool = Pool(seed=seed, size=size)
    for asked, answer in pairs:
        pool.offer(Rendered(asked, answer))
    return pool


SUMS = [(f"{n} + {n}?", str(2 * n)) for n in range(1, 7)]


def test_examples_come_before_the_prompt_and_never_hold_its_answer():
    shots = Shots(pool_of(*SUMS), count=5, nearest=False)
    made = shots.before(3, Rendered("3 + 3?", "6"))
    *examples, asked = made.input.split("\n\n")
    assert sorted(examples) == ["1 + 1?\n2", "2 + 2?\n4", "4 + 4?\n8", "5 + 5?\n10", "6 + 6?\n12"]
    assert (asked, made.target) == ("3 + 3?", "6")


def test_a_row_that_asks_the_same_elsewhere_is_no_example():
    shots = Shots(pool_of(*SUMS, ("3  + 3?", "SIX")), count=5, nearest=True)
    assert "SIX" not in shots.before(3, Rendered("3 + 3?", "6")).input


def test_the_same_seed_draws_the_same_examples_and_another_seed_others():
    def drawn(seed):
        shots = Shots(pool_of(*SUMS, seed=seed), count=2, nearest=False)
        return [shots.before(n, Rendered(*SUMS[n - 1])).input for n in range(1, 7)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_the_nearest_example_comes_last():
    pool = pool_of(("a red apple", "A"), ("the blue sky", "B"), ("a green apple tree", "C"))
    shots = Shots(pool, count=2, nearest=True)
    assert shots.before(9, Rendered("a red apple tree", "?")).input == (
        "a green apple tree\nC\n\na red apple\nA\n\na red apple tree"
    )  # red is the rarer word


def test_too_few_other_rows_are_said_and_not_passed_over():
    with pytest.raises(RowError) as refused:
        Shots(pool_of(*SUMS[:2]), count=2, nearest=False).before(1, Rendered(*SUMS[0]))
    assert refused.value.code == "too_few_examples"


def test_a_pool_is_a_fair_sample_and_takes_only_rows_with_answers():
    kept = [0] * 20
    for seed in range(500):
        pool = Pool(seed=seed, size=5)
        for number in range(20):
            pool.offer(Rendered(str(number), "yes"))
            pool.offer(Rendered("asks only"))
        for example in pool.examples:
            kept[int(example.input)] += 1
    assert sum(kept) == 2500
    assert min(kept) > 80  # 125 are expected, with a standard deviation of 10
    assert max(kept) < 170


def test_nearness_is_cosine_similarity_of_tf_idf():
    near = Nearness(["one two", "two three three", "four"])
    assert list(near.order("three")) == [1, 0, 2]
    assert list(near.order("unknown")) == [0, 1, 2]
