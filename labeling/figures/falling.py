"""Whether people agree less than they did."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

LOOKED_BACK = timedelta(days=7)


def fall(
    *, now: datetime, raw: float | None, trend: Sequence[Mapping[str, Any]]
) -> tuple[float, float] | None:
    """The shares of the same answers before and now, if now is below what it was by more than
    chance: below the lower end of the interval of a week ago, or of the first written down since.

    `trend` is oldest first, `as_of` as text of ISO 8601 in UTC.
    """
    known = [moment for moment in trend if moment["raw_lower"] is not None]
    if raw is None or not known:
        return None
    then = (now - LOOKED_BACK).isoformat()
    before = next((each for each in reversed(known) if each["as_of"] <= then), known[0])
    return (before["raw"], raw) if raw < before["raw_lower"] else None
