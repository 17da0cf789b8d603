"""PostgreSQL and Redis: whether they answer, and are what Concord needs."""

from collections.abc import Iterator
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from collector.services.word_index import has_word_index
from dashboard.doctor.finding import Finding, failed, ok, warning

POSTGRESQL = 150_000
CONNECTIONS_LEFT = 10
SECONDS_APART = 5.0
SEARCHED_WITHOUT = 100_000  # messages
_MESSAGES = """
SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'collector_message'::regclass
"""
_STATE = """
SELECT current_setting('server_version_num')::int, current_setting('server_version'),
       clock_timestamp(), current_setting('max_connections')::int,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
       pg_database_size(current_database())
"""


def check_database() -> Iterator[Finding]:
    """Version, clock, free connections and migrations."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE)
        number, version, now, most, used, size = cursor.fetchone()
    if number < POSTGRESQL:
        yield failed("database", f"PostgreSQL {version} is too old.", "Use 15 or newer.")
    yield ok("database", f"PostgreSQL {version}, {size / 1e6:,.0f} MB")
    apart = abs((timezone.now() - now).total_seconds())
    if apart > SECONDS_APART:
        yield warning(
            "database",
            f"Its clock and this machine's are {apart:.0f} seconds apart.",
            "Let both keep time by NTP: leases and limits go by these clocks.",
        )
    if most - used < CONNECTIONS_LEFT:
        yield warning(
            "database",
            f"{used} of {most} connections are in use.",
            "Raise max_connections, or put PgBouncer in between.",
        )
    yield from _migrations()
    yield from _words()


def _words() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(_MESSAGES)
        messages = cursor.fetchone()[0]
    if messages > SEARCHED_WITHOUT and not has_word_index():
        yield warning(
            "database",
            f"Searching about {messages:,} messages reads every text.",
            "Run manage.py index_words.",
        )


def _migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    left = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if left:
        yield failed(
            "database", f"{len(left)} migrations are not applied.", "Run manage.py migrate."
        )


def check_broker() -> Iterator[Finding]:
    """Version, and that nothing is thrown away when memory is short."""
    client: Any = cache._cache.get_client()  # type: ignore[attr-defined]
    about = client.info()
    name = "Valkey" if about.get("server_name") == "valkey" else "Redis"
    version = about.get("valkey_version") or about["redis_version"]
    if int(version.split(".")[0]) < 7:
        yield failed("broker", f"{name} {version} is too old.", "Use 7 or newer.")
    yield ok("broker", f"{name} {version}, {about['used_memory'] / 1e6:,.0f} MB")
    policy = about.get("maxmemory_policy", "noeviction")
    if about.get("maxmemory") and policy != "noeviction":
        yield warning(
            "broker",
            f"It throws keys away when memory is short (maxmemory-policy {policy}).",
            "Set maxmemory-policy noeviction: jobs that wait are keys, too.",
        )
