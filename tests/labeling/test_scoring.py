"""Agreement with an expert: the values of the tie-discounted rule, by hand."""

import pytest

from labeling.scoring import Agreement, agreement, total_of

ABC = [1, 2, 3]


@pytest.mark.parametrize(
    ("own", "expert", "points", "pairs"),
    [
        ([[1], [2], [3]], [[1], [2], [3]], 3.0, 3),
        ([[3], [2], [1]], [[1], [2], [3]], 0.0, 3),
        ([[1], [3], [2]], [[1], [2], [3]], 2.0, 3),
        ([[1, 2], [3]], [[1], [2], [3]], 2.5, 3),  # exactly one says tie: half
        ([[1], [2, 3]], [[1, 2], [3]], 2.0, 3),
        ([[1, 2, 3]], [[1, 2, 3]], 3.0, 3),
        ([[1, 2, 3]], [[1], [2], [3]], 1.5, 3),
        (None, None, 3.0, 3),
        (None, [[1], [2], [3]], 0.0, 3),
        ([[1, 2, 3]], None, 0.0, 3),  # equally good is not equally bad
    ],
)
def test_pairs_count_whole_half_or_not_at_all(own, expert, points, pairs):
    assert agreement(own=own, expert=expert, responses=ABC) == Agreement(points, pairs)


def test_of_a_choice_only_the_pairs_of_the_chosen_count():
    expert = [[2], [1], [3]]
    chosen = agreement(own=[[1], [2, 3]], expert=expert, responses=ABC, best_only=True)
    assert chosen == Agreement(1.0, 2)
    assert agreement(own=[[2], [1, 3]], expert=expert, responses=ABC, best_only=True) == Agreement(
        2.0, 2
    )


def test_every_pair_weighs_the_same():
    total = total_of([Agreement(1.0, 1), Agreement(1.5, 3)])
    assert total == Agreement(2.5, 4)
    assert total.share == 0.625
    assert total_of([]).share == 1.0
