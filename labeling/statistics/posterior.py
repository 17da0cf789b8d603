"""How sure one can be of a majority after a few votes."""

from math import exp, lgamma, log


def above_half(a: float, b: float) -> float:
    """P(X > ½) for X ~ Beta(a, b), where a and b are positive and differ by a whole number.

    From the symmetric Beta(m, m), where it is ½, by the recurrence
    I_x(a + 1, b) = I_x(a, b) - x^a (1 - x)^b / (a B(a, b)) (DLMF 8.17.20) at x = ½.
    """
    if a < b:
        return 1 - above_half(b, a)
    below = 0.5
    for step in range(round(a - b)):
        now = b + step
        below -= exp(lgamma(now + b) - lgamma(now + 1) - lgamma(b) - (now + b) * log(2))
    return 1 - below


def confidence(*, wins: int, losses: int, neither: int) -> float:
    """How sure a pair of responses is decided, ½ to 1, after votes that were drawn fairly.

    Of the one ahead, the posterior probability that it would win more than half, under a uniform
    prior and with half a vote for each from whoever preferred neither:
    Beta(1 + wins + ½ neither, 1 + losses + ½ neither). Where most prefer neither, that *is* the
    answer, and what counts is the probability that most would: Beta(1 + neither, 1 + others).
    Two who agree are sure by .875, two of three by .69, four of five by .89.
    """
    others = wins + losses
    if neither > others:
        return above_half(1 + neither, 1 + others)
    return above_half(1 + max(wins, losses) + neither / 2, 1 + min(wins, losses) + neither / 2)
