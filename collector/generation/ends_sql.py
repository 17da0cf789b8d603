"""How the attempts of many generations end, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

# Whoever writes an end holds the row's lock. Times are the database's.
_END = """
UPDATE collector_generation g
SET status = e.status, error = e.error, lease_token = NULL, lease_until = NULL,
    reserved = NULL, reserved_in = NULL, cost = e.cost,
    next_attempt_at = statement_timestamp() + make_interval(secs => e.delay),
    finished_at = CASE WHEN e.status <> 'pending' THEN statement_timestamp() END,
    input_tokens = e.input_tokens, output_tokens = e.output_tokens, latency_ms = e.latency_ms,
    finish_reason = e.finish_reason, response_id = e.response
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::numeric[], %s::float8[], %s::int[], %s::int[],
            %s::int[], %s::text[], %s::bigint[])
    AS e (id, status, error, cost, delay, input_tokens, output_tokens, latency_ms, finish_reason,
          response)
WHERE g.id = e.id
"""


@dataclass(frozen=True)
class End:
    """A generation after an attempt; `delay` in seconds is for what is pending again."""

    generation_id: int
    status: str
    error: str = ""
    cost: Decimal | None = None
    delay: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    latency_ms: int | None = None
    finish_reason: str = ""
    response_id: int | None = None


def write_ends(ends: Sequence[End]) -> None:
    """Write what became of these generations, and free their leases."""
    if not ends:
        return
    columns: list[list[Any]] = [
        [end.generation_id for end in ends],
        [str(end.status) for end in ends],
        [end.error for end in ends],
        [end.cost for end in ends],
        [end.delay for end in ends],
        [end.input_tokens for end in ends],
        [end.output_tokens for end in ends],
        [end.latency_ms for end in ends],
        [end.finish_reason for end in ends],
        [end.response_id for end in ends],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_END, columns)
