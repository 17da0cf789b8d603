import numpy as np
import pytest

from labeling.stock import Kind, Stock


def there(stock):
    first, second = stock.pairs()
    return list(zip(first.tolist(), second.tolist(), strict=True))


def test_pairs_are_of_models_with_a_prompt_in_common():
    stock = Stock([Kind((0, 1), 0, 1, [7]), Kind((1, 2, 2), 3, 1, [8])], models=4, takes=5)
    assert there(stock) == [(0, 1), (1, 2)]  # two samples of model 2 are no pair
    assert stock.choices == 2


def test_the_prompt_with_the_fewest_tasks_is_taken_first():
    kinds = [Kind((0, 1), 2, 1, [7]), Kind((0, 1), 0, 2, [8, 9]), Kind((0, 1), 1, 1, [6])]
    stock = Stock(kinds, models=2, takes=4)
    taken = [stock.take(0, 1, np.random.default_rng(0)) for _ in range(4)]
    assert set(taken[:2]) == {8, 9}
    assert taken[2:] == [6, 7]
    assert there(stock) == []
    with pytest.raises(ValueError, match="no prompt is left"):
        stock.take(0, 1, np.random.default_rng(0))


def test_what_is_left_of_a_prompt_can_be_taken_again_later():
    stock = Stock([Kind((0, 0, 1, 2), 0, 1, [7])], models=3, takes=5)
    random = np.random.default_rng(0)
    assert stock.take(0, 1, random) == 7
    assert there(stock) == [(0, 2)]  # the other sample of model 0
    assert stock.take(0, 2, random) == 7
    assert there(stock) == []


def test_prompts_alike_are_taken_evenly_whatever_their_kind():
    """Ten prompts of one kind and thirty of another: three in four are of the second."""
    random = np.random.default_rng(0)
    taken = []
    for _ in range(400):
        kinds = [Kind((0, 1), 0, 10, [1]), Kind((0, 1, 2), 0, 30, [2])]
        taken.append(Stock(kinds, models=3, takes=1).take(0, 1, random))
    assert 0.70 < taken.count(2) / 400 < 0.80


def test_only_some_prompts_of_a_kind_need_names():
    stock = Stock([Kind((0, 1), 0, 1000, [4, 5])], models=2, takes=2)
    random = np.random.default_rng(0)
    assert {stock.take(0, 1, random), stock.take(0, 1, random)} == {4, 5}
    assert there(stock) == [(0, 1)]
