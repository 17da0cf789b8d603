"""Concord's addresses and `bench/bare`: one indexed SELECT and one INSERT, and nothing else.

The bare view stands behind the same server, middleware and database as everything else, so it is
what any page of this process could reach at most.
"""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from config.urls import urlpatterns as concord

TABLES = """
CREATE TABLE IF NOT EXISTS bench_read (id bigint PRIMARY KEY, body text NOT NULL);
CREATE TABLE IF NOT EXISTS bench_write (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, read_id bigint NOT NULL, body text NOT NULL
);
INSERT INTO bench_read SELECT i, repeat('x', 1200) FROM generate_series(1, 100000) i
ON CONFLICT DO NOTHING;
"""


@csrf_exempt
def bare(request: HttpRequest, number: int) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM bench_read WHERE id = %s", [number])
        (body,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO bench_write (read_id, body) VALUES (%s, %s)", [number, body[:200]]
        )
    return HttpResponse(body, content_type="text/plain")


urlpatterns = [path("bench/bare/<int:number>", bare), *concord]
