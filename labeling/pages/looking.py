"""Who looks at which adjudication just now: so that two experts seldom do the same work.

A hint in the cache, forgotten after a while: whoever decides first decides.
"""

from uuid import UUID

from django.core.cache import cache

from collector.models import Project
from labeling.adjudications import waiting

LOOKS_FOR = 15 * 60  # seconds
NEAREST = 100  # of the queue's front, how many are asked about


def look(*, adjudication: UUID, user: int) -> None:
    """Say that a person looks at it, unless somebody else does already."""
    cache.add(_key(adjudication), user, LOOKS_FOR)


def somebody_looks(*, adjudication: UUID, user: int) -> bool:
    """Whether it is another person who looks at it."""
    who: int = cache.get(_key(adjudication), user)
    return who != user


def others_looking(*, project: Project, user: int) -> list[UUID]:
    """Those of the queue's front that other people look at."""
    front = waiting(project=project).values_list("uid", flat=True)[:NEAREST]
    keys = {_key(uid): uid for uid in front}
    found = cache.get_many(keys) if keys else {}
    return [keys[key] for key, who in found.items() if who != user]


def _key(adjudication: UUID) -> str:
    return f"adjudication:{adjudication}:looks"
