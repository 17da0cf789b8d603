"""Numbers as JSON can say them: what is not known is null, and nothing is numpy's."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


def plain(number: Any) -> float | None:
    """A float; None where it is not a finite number."""
    value = float(number)
    return value if math.isfinite(value) else None


def plain_list(table: NDArray[Any]) -> Any:
    """Nested lists of floats, without numbers that are none."""
    return np.asarray(table, float).tolist()
