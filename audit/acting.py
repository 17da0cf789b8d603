"""Who acts, and from where: told to PostgreSQL in front of each statement that is kept.

The triggers of `audit_event` read it. It travels in the same round trip as the statement and is
good for its transaction. Statements of other tables go as they are, a claim's and a submit's among
them, so that nothing is added to what labelers wait for.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from audit.tracked import TABLES

Acting = Mapping[str, Any]
"""`user` (an id), `token` (its name), `handed_to` (the id of who holds the token), `address`, `via`
(an `Event.Via`) and `place`; each may be missing."""

_BEGINNING = 5000  # of a statement: long ones are long for their values
_acting: ContextVar[Callable[[], Acting] | None] = ContextVar("acting", default=None)
_KEPT = re.compile(
    rf'\b(?:insert\s+into|update|delete\s+from)\s+"?(?:{"|".join(TABLES)})\b', re.IGNORECASE
)


@contextmanager
def acting(tell: Callable[[], Acting]) -> Iterator[None]:
    """What is written inside was done by whom `tell` says, asked at each statement that is kept."""
    token = _acting.set(tell)
    try:
        yield
    finally:
        _acting.reset(token)


def on_connection(connection: BaseDatabaseWrapper, **_named: Any) -> None:
    """Every connection says who acts, as often as it is opened anew."""
    if _with_who_acts not in connection.execute_wrappers:
        connection.execute_wrappers.append(_with_who_acts)


def _with_who_acts(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    tell = _acting.get()
    if tell is not None and isinstance(sql, str) and _is_kept(sql[:_BEGINNING]):
        sql = f"SELECT set_config('concord.audit', {_literal(tell())}, true);{sql}"
    return execute(sql, params, many, context)


@lru_cache(maxsize=1024)
def _is_kept(sql: str) -> bool:
    return not sql.startswith("SELECT") and _KEPT.search(sql) is not None


def _literal(told: Acting) -> str:
    """JSON as an SQL literal that is no placeholder for any driver."""
    text = json.dumps({key: value for key, value in told.items() if value not in (None, "")})
    return "'" + text.replace("%", r"\u0025").replace("'", r"\u0027") + "'"
