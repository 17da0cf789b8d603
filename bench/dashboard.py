"""`python -m bench dashboard`: the researchers' pages of a very large project.

1,000,000 prompts, 4,000,000 responses and 10,000,000 comparisons at `--scale 1`, written by
COPY-like set statements (`bench.figures`), with the snapshots that beat would have taken. Printed
are milliseconds and queries of each page: the first look, for which everything is counted, and the
looks after it.
"""

import time
from statistics import median
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from bench.figures import make_votes
from collector.models import Membership, Project
from labeling.figures.snapshots import take_snapshots

COMPARISONS = 10_000_000
PROMPTS = 1_000_000  # with four responses each
TIMES = 5
PLACES = (
    "",
    "prompts/",
    "prompts/import/",
    "generators/",
    "runs/",
    "runs/new/",
    "tasks/",
    "datasets/",
    "datasets/new/",
    "people/",
    "people/pay/",
    "audit/",
    "settings/",
    "settings/policy/",
)


def run(scale: float = 1.0) -> dict[str, Any]:
    """Make the project, look at it, and print what looking took."""
    comparisons, prompts = int(COMPARISONS * scale), int(PROMPTS * scale)
    project = make_votes(slug="dashboard", comparisons=comparisons, prompts=prompts)
    started = time.perf_counter()
    take_snapshots(project=project)
    print(
        f"dashboard: {prompts:,} prompts, {4 * prompts:,} responses, {comparisons:,} comparisons;"
        f" snapshots took {time.perf_counter() - started:.1f} s"
    )
    client = _researcher(project)
    found = {}
    for address in (f"/admin/projects/{project.slug}/{place}" for place in PLACES):
        found[address] = _look(client, address)
        first, cold, later, warm = found[address]
        print(
            f"  first look {first:8.0f} ms, {cold:2} queries"
            f"   then {later:6.0f} ms, {warm:2} queries   {address}",
            flush=True,
        )
    return found


def _researcher(project: Project) -> Client:
    user = User.objects.create_user("researcher@example.org")
    Membership.objects.create(project=project, user=user, role=Membership.Role.RESEARCHER)
    client = Client(SERVER_NAME="localhost")
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    client.get("/")  # templates are read, and the session is written
    return client


def _look(client: Client, address: str) -> tuple[float, int, float, int]:
    """Milliseconds and queries of a first look, and the median of those after it."""
    cache.clear()
    first, cold = _once(client, address)
    later = [_once(client, address) for _ in range(TIMES)]
    return first, cold, median(ms for ms, _ in later), max(queries for _, queries in later)


def _once(client: Client, address: str) -> tuple[float, int]:
    with CaptureQueriesContext(connection) as context:
        started = time.perf_counter()
        response = client.get(address)
        taken = time.perf_counter() - started
    if response.status_code != 200:
        raise RuntimeError(f"{address}: {response.status_code}")
    return 1000 * taken, len(context)
