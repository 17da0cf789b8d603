"""Which web server: the same load on each candidate, with its own ceiling in the same minute."""

from typing import Any

from django.db import connection

from bench import seed, server, urls
from bench.labeling import bare, console, label

WSGI = "config.wsgi:application"
CANDIDATES = {
    f"granian, {workers} × {threads} threads": (
        f"granian --interface wsgi {WSGI} --workers {workers} --blocking-threads {threads} "
        "--host 127.0.0.1 --port $PORT --no-ws --log-level warning"
    )
    for workers, threads in ((1, 8), (2, 2), (2, 4), (2, 8), (3, 4))
} | {
    f"gunicorn gthread, {workers} × {threads} threads": (
        f"gunicorn {WSGI} --workers {workers} --threads {threads} "
        "--bind 127.0.0.1:$PORT --log-level warning --keep-alive 30"
    )
    for workers, threads in ((2, 4), (2, 16), (3, 16))
}
LABELERS = 32


def run(scale: float = 1.0) -> dict[str, Any]:
    """Cycles per second and the bare view's requests per second of every candidate, twice."""
    with connection.cursor() as cursor:
        cursor.execute(urls.TABLES)
    figures: dict[str, Any] = {}
    project = seed.make_project(slug="servers", tasks=int(20_000 * scale), overlap=3)
    crowd = seed.make_crowd(project=project, size=LABELERS)
    for name, command in list(CANDIDATES.items()) * 2:
        with server.running(command, DJANGO_SETTINGS_MODULE="bench.settings") as port:
            bare(port, LABELERS, 2.0)
            ceiling = bare(port, LABELERS, 4.0)
            load = label(port, project.slug, crowd.tokens, most=10_000, seconds=4.0)
        figures.setdefault(name, []).append((load.cycles_per_second, ceiling))
        console.print(
            f"{name}: {load.cycles_per_second:.1f} cycles/s, bare view {ceiling:.0f}/s "
            f"{load.failures or ''}"
        )
    return figures
