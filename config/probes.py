"""Probes for supervisors: is the process up, can it work, what does it count."""

import secrets

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Open to anyone."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Database, broker and migrations are in order, else 503 and which is not. Open to anyone."""
    checks = {"database": _database_ready, "broker": _broker_ready, "migrations": _migrated}
    results = {}
    for name, check in checks.items():
        try:
            results[name] = check()
        except Exception:  # noqa: BLE001 - a probe reports every failure, whatever it is
            results[name] = False
    return JsonResponse(results, status=200 if all(results.values()) else 503)


def _database_ready() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def _broker_ready() -> bool:
    cache.set("readyz", 1, 5)
    return bool(cache.get("readyz") == 1)


def _migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus figures, for the bearer of METRICS_TOKEN."""
    offered = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not secrets.compare_digest(offered.encode(), settings.METRICS_TOKEN.encode()):
        return HttpResponse("metrics need the token", status=401, content_type="text/plain")
    figures: HttpResponse = ExportToDjangoView(request)
    return figures
