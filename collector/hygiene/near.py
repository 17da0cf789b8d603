"""Near duplicates: texts that share most of their short stretches, whatever the case or spacing.

Texts are compared by the Jaccard similarity of their shingles (stretches of a few characters).
Candidates are found by MinHash in bands (Broder 1997; datasketch): two texts are candidates if all
hashes of one band are the same, and only those are compared.
"""

import re
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any, cast
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]

SHINGLE = 5
# So much of a text is looked at.
LOOKED_AT = 2_000
NEAR = 0.8
BANDS, ROWS = 16, 5  # of two texts at NEAR, 99.8% are candidates; at 0.5 40%, at 0.3 4%
_SEPARATORS = re.compile(r"[\W_]+")


def shingles(text: str) -> frozenset[str]:
    """The stretches of a text without case and punctuation; a short one is its own."""
    compared = _SEPARATORS.sub(" ", text[:LOOKED_AT].casefold()).strip()
    last = max(len(compared) - SHINGLE, 0)
    return frozenset(compared[start : start + SHINGLE] for start in range(last + 1))


def similarity(one: AbstractSet[str], other: AbstractSet[str]) -> float:
    """The share of all stretches that both have, 0 to 1."""
    return len(one & other) / (len(one | other) or 1)


def bands(of: AbstractSet[str]) -> list[int]:
    """One number a band, for a signed column of 64 bits; the band's place is part of it."""
    sketch = _sketch(permutations=_permutations(), hashfunc=crc32)
    sketch.update_batch([stretch.encode("utf-8", "surrogatepass") for stretch in of])
    values = sketch.hashvalues.astype(np.uint64).reshape(BANDS, ROWS)
    return [int(number) for number in _mixed(values).astype(np.int64)]


def _mixed(values: Numbers) -> Numbers:
    """Each band's hashes as one number (FNV-1a over words), overflow meant."""
    mixed = np.arange(BANDS, dtype=np.uint64) + np.uint64(0xCBF29CE484222325)
    for column in values.T:
        mixed = (mixed ^ column) * np.uint64(0x100000001B3)
    return mixed


@cache
def _permutations() -> NDArray[np.uint32]:
    """The same for ever: stored bands are compared with new ones."""
    return cast(NDArray[np.uint32], _sketch(seed=1).permutations)


def _sketch(**options: Any) -> Any:
    # Imported here, for it takes a second and 70 MB, which most processes never need.
    from datasketch import MinHash  # noqa: PLC0415

    return MinHash(num_perm=BANDS * ROWS, scheme="affine32", **options)
