"""Standard errors of figures that have no formula of their own."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.statistics.intervals import Floats

BLOCKS = 100


def blocks(clusters: ArrayLike, *, most: int = BLOCKS) -> NDArray[np.intp]:
    """A block for each observation, at most `most`: whole clusters, spread evenly in order."""
    names, cluster = np.unique(np.asarray(clusters), return_inverse=True)
    return np.asarray(cluster * min(most, len(names)) // max(len(names), 1), np.intp)


def standard_error(sums: Floats, figure: Callable[[Floats], float]) -> float:
    """Of `figure(total of sums)`, from leaving out one block at a time (Quenouille, Tukey 1958).

    `sums` has a row (of any shape) for each block. NaN for fewer than two blocks, or where the
    figure is unknown without one of them.
    """
    count = len(sums)
    if count < 2:
        return float("nan")
    total = sums.sum(axis=0)
    without = np.array([figure(total - block) for block in sums])
    return float(np.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum()))
