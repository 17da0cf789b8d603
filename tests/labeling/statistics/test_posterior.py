import itertools

import pytest
from scipy.stats import beta

from labeling.statistics.posterior import above_half, confidence


def test_it_is_the_tail_of_the_beta_distribution():
    for wins, losses, neither in itertools.product(range(26), range(26), range(6)):
        a, b = 1 + wins + neither / 2, 1 + losses + neither / 2
        assert above_half(a, b) == pytest.approx(beta.sf(0.5, a, b), abs=1e-13)


@pytest.mark.parametrize(
    ("wins", "losses", "neither", "sure"),
    [
        (0, 0, 0, 1 / 2),
        (1, 0, 0, 3 / 4),
        (2, 0, 0, 7 / 8),
        (1, 1, 0, 1 / 2),
        (2, 1, 0, 11 / 16),
        (4, 1, 0, 57 / 64),
        (3, 2, 0, 21 / 32),
        (0, 0, 2, 7 / 8),  # both say that there is nothing between them
        (1, 1, 3, 21 / 32),
    ],
)
def test_known_posteriors(wins, losses, neither, sure):
    assert confidence(wins=wins, losses=losses, neither=neither) == pytest.approx(sure)
    assert confidence(wins=losses, losses=wins, neither=neither) == pytest.approx(sure)
