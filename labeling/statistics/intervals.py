"""Intervals of shares."""

from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Share(NamedTuple):
    """`count` of `total` as a share, with the ends of its interval; NaN where `total` is 0."""

    count: Any
    total: Any
    share: Any
    lower: Any
    upper: Any


def wilson(count: ArrayLike, total: ArrayLike, *, confidence: float = 0.95) -> Share:
    """Shares with Wilson's score interval (Wilson 1927), elementwise.

    Unlike the normal interval it stays within 0 and 1 and is not empty for a share of 0 or 1.
    """
    counts, totals = np.asarray(count, float), np.asarray(total, float)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = counts / totals
        middle = (share + z**2 / (2 * totals)) / (1 + z**2 / totals)
        half = z * np.sqrt(share * (1 - share) / totals + z**2 / (4 * totals**2))
        half /= 1 + z**2 / totals
    return Share(counts, totals, share, np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1))
