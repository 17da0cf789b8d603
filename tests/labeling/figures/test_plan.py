"""How many votes are left until intervals are narrow enough."""

import numpy as np
import pytest

from labeling.figures.plan import votes_left
from labeling.statistics.bradley_terry import SCALE, fit
from tests.labeling.statistics.crowds import crowd


def test_twice_the_width_takes_four_times_the_votes():
    left = votes_left(half_widths=[40, 20, 30, 10], votes=[100, 500, 40, 900])
    assert left.models == [300, 0, 50, 0]
    assert left.evenly == 600  # each vote concerns two of four: 300 for the first
    assert left.selected == 300  # all of them about the first
    assert left.within == 20


def test_votes_that_several_models_need_serve_two_of_them():
    left = votes_left(half_widths=[40, 40, 40, 40], votes=[100, 100, 100, 100])
    assert (left.evenly, left.selected) == (600, 600)


def test_what_is_hardly_known_is_not_foretold():
    left = votes_left(half_widths=[25, 200, np.inf], votes=[100, 9, 300])
    assert left.models == [57, None, None]
    assert (left.evenly, left.selected) == (None, None)
    assert votes_left(half_widths=[], votes=[]).evenly is None


@pytest.mark.parametrize("seed", range(5))
def test_the_forecast_comes_true(seed):
    """A quarter of the votes foretell how many there must be; then the interval is as wide."""
    given = crowd(seed=seed, models=6, labelers=1600, votes_each=5)

    def half(votes):
        found = fit(
            given.first[:votes],
            given.second[:votes],
            given.outcome[:votes],
            models=6,
            clusters=given.labelers[:votes],
        )
        lower, upper = found.interval()
        return (upper - lower) / 2 * SCALE, found.counts

    early, counts = half(2000)
    plan = votes_left(half_widths=early, votes=counts, within=25)
    assert plan.evenly is not None
    then, _ = half(2000 + plan.evenly)
    assert 22 < then.max() < 27  # ±25 wanted
