"""Which pair to ask about next: the more an answer would teach, the likelier it is asked."""

import numpy as np
from numpy.typing import ArrayLike

from labeling.statistics.intervals import Floats
from labeling.statistics.late import digamma, expit, gammaln


def arena_probabilities(variances: ArrayLike, counts: ArrayLike) -> Floats:
    """P(pair) ∝ √(Σ_aa/n_a) - √(Σ_aa/(n_a + 1)), how much one vote narrows its interval.

    (Chiang et al. 2024.) `variances` and `counts` are by pair; a pair without votes counts as one
    with a single vote. Sums to 1; log it and weight votes by 1/P.
    """
    n = np.maximum(np.asarray(counts, float), 1)
    deviation = np.sqrt(np.asarray(variances, float))
    gain = deviation / np.sqrt(n) - deviation / np.sqrt(n + 1)
    total = gain.sum()
    even = np.full(len(gain), 1 / max(len(gain), 1))
    return np.asarray(gain / total) if total > 0 else even


def d_optimal(
    strengths: ArrayLike, covariance: ArrayLike, first: ArrayLike, second: ArrayLike
) -> Floats:
    """How much a vote on each pair is expected to shrink the strengths' joint uncertainty.

    log(1 + p(1 - p) xᵀVx), the growth of the log determinant of the information matrix
    (D-optimality, Chaloner and Verdinelli 1995), x being the pair's contrast.
    """
    xi, v = np.asarray(strengths, float), np.asarray(covariance, float)
    a, b = np.asarray(first, np.intp), np.asarray(second, np.intp)
    chance = expit(xi[a] - xi[b])
    spread = v[a, a] + v[b, b] - 2 * v[a, b]
    return np.asarray(np.log1p(chance * (1 - chance) * np.clip(spread, 0, None)))


def crowd_bt_gain(
    mean_a: ArrayLike,
    variance_a: ArrayLike,
    mean_b: ArrayLike,
    variance_b: ArrayLike,
    alpha: ArrayLike,
    beta: ArrayLike,
    *,
    exploration: float = 1.0,
) -> Floats:
    """The information a labeler's vote on a pair is expected to bring (Chen et al. 2013).

    Strengths are normal, the labeler's reliability is Beta(alpha, beta); both are updated by
    matching moments for either answer, and the Kullback-Leibler divergences from before are
    averaged; `exploration` weighs what is learnt of the labeler. Elementwise.
    """
    given = (mean_a, variance_a, mean_b, variance_b, alpha, beta)
    ma, va, mb, vb, a, b = np.broadcast_arrays(*(np.asarray(each, float) for each in given))
    won = _chance_of_a(ma, va, mb, vb, a, b)
    gain = np.zeros(won.shape)
    for likelihood, (m1, v1, m2, v2) in ((won, (ma, va, mb, vb)), (1 - won, (mb, vb, ma, va))):
        new1, width1, new2, width2 = _after(m1, v1, m2, v2, a, b)
        learnt = _normal_divergence(new1, width1, m1, v1) + _normal_divergence(new2, width2, m2, v2)
        new_a, new_b = _reliability_after(m1, v1, m2, v2, a, b)
        learnt += exploration * _beta_divergence(new_a, new_b, a, b)
        gain += likelihood * learnt
    return gain


def _expected_win(ma: Floats, va: Floats, mb: Floats, vb: Floats) -> Floats:
    """E σ(s_a - s_b) to second order around the means."""
    chance = expit(ma - mb)
    bend = chance * (1 - chance) * (1 - 2 * chance)
    return np.asarray(np.clip(chance + (va + vb) / 2 * bend, 1e-6, 1 - 1e-6))


def _chance_of_a(ma: Floats, va: Floats, mb: Floats, vb: Floats, a: Floats, b: Floats) -> Floats:
    win = _expected_win(ma, va, mb, vb)
    return (a * win + b * (1 - win)) / (a + b)


def _after(
    m1: Floats, v1: Floats, m2: Floats, v2: Floats, a: Floats, b: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Means and variances once the first was preferred (equations 11 to 14 there)."""
    e1, e2 = np.exp(m1 - np.maximum(m1, m2)), np.exp(m2 - np.maximum(m1, m2))
    biased = a * e1 / (a * e1 + b * e2)
    slope = biased - e1 / (e1 + e2)
    product = a * e1 * b * e2 / (a * e1 + b * e2) ** 2 - e1 * e2 / (e1 + e2) ** 2
    width1 = v1 * np.maximum(1 + v1 * product, 1e-4)
    width2 = v2 * np.maximum(1 + v2 * product, 1e-4)
    return m1 + v1 * slope, width1, m2 - v2 * slope, width2


def _reliability_after(
    m1: Floats, v1: Floats, m2: Floats, v2: Floats, a: Floats, b: Floats
) -> tuple[Floats, Floats]:
    """The Beta with the mean and variance of the labeler's reliability afterwards."""
    win = _expected_win(m1, v1, m2, v2)
    evidence = a * win + b * (1 - win)
    mean = (win * (a + 1) * a + (1 - win) * a * b) / ((a + b + 1) * evidence)
    square = (win * (a + 2) * (a + 1) * a + (1 - win) * (a + 1) * a * b) / (
        (a + b + 2) * (a + b + 1) * evidence
    )
    variance = np.maximum(square - mean**2, 1e-12)
    size = np.maximum((mean - square) / variance, 1e-6)
    return mean * size, (1 - mean) * size


def _normal_divergence(m1: Floats, v1: Floats, m0: Floats, v0: Floats) -> Floats:
    return np.asarray(0.5 * (np.log(v0 / v1) + (v1 + (m1 - m0) ** 2) / v0 - 1))


def _beta_divergence(a1: Floats, b1: Floats, a0: Floats, b0: Floats) -> Floats:
    def log_beta(a: Floats, b: Floats) -> Floats:
        return np.asarray(gammaln(a) + gammaln(b) - gammaln(a + b))

    both = digamma(a1 + b1)
    return np.asarray(
        log_beta(a0, b0)
        - log_beta(a1, b1)
        + (a1 - a0) * (digamma(a1) - both)
        + (b1 - b0) * (digamma(b1) - both)
    )
