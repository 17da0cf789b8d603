"""How often somebody gives the known answer, and whether that is too seldom to be bad luck."""

from math import ceil, exp, fsum, lgamma, log
from typing import NamedTuple

from labeling.statistics.intervals import wilson

FLAGGED_BELOW = 0.01
ROUNDING = 1e-9  # shares of thirds are not exact


class Accuracy(NamedTuple):
    """`right` of `total` answers, as a share with the ends of its 95 % interval (Wilson's).

    `p` is the chance of so few right answers, or fewer, for somebody of exactly the minimum. All
    but the counts are NaN, and `p` is 1, without an answer.
    """

    right: float
    total: int
    share: float
    lower: float
    upper: float
    p: float

    @property
    def failing(self) -> bool:
        """Whether the minimum is missed by more than chance explains (PRM800K's rule: p < .01)."""
        return self.p < FLAGGED_BELOW


def accuracy(right: float, total: int, *, minimum: float) -> Accuracy:
    """Accuracy against a `minimum` from 0 to 1; `right` may hold halves, for ties.

    The test is P(Bin(total, minimum) <= right), with `right` rounded up in favour of who is tested.
    """
    shares = wilson(right, total)
    return Accuracy(
        right,
        total,
        float(shares.share),
        float(shares.lower),
        float(shares.upper),
        binomial_tail(ceil(right - ROUNDING), total, minimum),
    )


def binomial_tail(at_most: int, trials: int, chance: float) -> float:
    """P(Bin(trials, chance) <= at_most), exact but for rounding; summed from logarithms."""
    if at_most >= trials or chance <= 0:
        return 1.0
    if at_most < 0 or chance >= 1:
        return 0.0
    return min(
        fsum(
            exp(
                lgamma(trials + 1)
                - lgamma(hits + 1)
                - lgamma(trials - hits + 1)
                + hits * log(chance)
                + (trials - hits) * log(1 - chance)
            )
            for hits in range(at_most + 1)
        ),
        1.0,
    )
