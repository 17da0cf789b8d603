"""Workers, the schedule, and work that waits for longer than it should."""

from collections.abc import Iterator
from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from collector.models import ImportJob, WebhookDelivery
from common.jobs import Job
from dashboard.doctor.finding import Finding, failed, ok, warning
from dashboard.doctor.models import in_force
from exports.models import DatasetVersion

QUEUES = ("default", "generation", "exports", "statistics")
LOCAL = "local_models"
PING_SECONDS = 2.0
PATIENCE = timedelta(minutes=10)
BEAT_LATE = timedelta(minutes=5)


def check_workers() -> Iterator[Finding]:
    """Every queue has somebody who takes from it."""
    served: dict[str, int] = {}
    answers = current_app.control.inspect(timeout=PING_SECONDS).active_queues() or {}
    for queues in answers.values():
        for queue in queues:
            served[queue["name"]] = served.get(queue["name"], 0) + 1
    local = any(each.provider == "transformers" for each in in_force())
    wanted = [*QUEUES, LOCAL] if local else [*QUEUES]
    missing = [queue for queue in wanted if queue not in served]
    if missing:
        yield failed(
            "workers",
            f"Nobody takes work from: {', '.join(missing)}.",
            f"Start `celery -A config worker -Q {','.join(missing)}`.",
        )
    if served:
        counts = ", ".join(f"{name} {count}" for name, count in sorted(served.items()))
        yield ok("workers", f"by queue: {counts}")


def check_schedule() -> Iterator[Finding]:
    """Beat is there: what it starts often was started lately."""
    names = list(settings.CELERY_BEAT_SCHEDULE)
    runs = PeriodicTask.objects.filter(name__in=names, enabled=True)
    last = max((each.last_run_at for each in runs if each.last_run_at), default=None)
    off = PeriodicTask.objects.filter(name__in=names, enabled=False).values_list("name", flat=True)
    if off:
        yield warning("schedule", f"Switched off: {', '.join(off)}.", "Switch it on again.")
    if last is None or timezone.now() - last > BEAT_LATE:
        since = f"since {last:%Y-%m-%d %H:%M} UTC" if last else "ever"
        yield failed(
            "schedule",
            f"Nothing was started on time {since}.",
            "Start one `celery -A config beat`: it picks up what workers left.",
        )
    else:
        yield ok("schedule", f"last kept {last:%Y-%m-%d %H:%M:%S} UTC")


def check_backlog() -> Iterator[Finding]:
    """Jobs that were to begin long ago, and webhooks that do not arrive."""
    before = timezone.now() - PATIENCE
    waiting = {
        "imports": ImportJob.objects.filter(status=Job.Status.QUEUED, created_at__lt=before),
        "dataset versions": DatasetVersion.objects.filter(
            status=Job.Status.QUEUED, created_at__lt=before
        ),
        "webhook deliveries": WebhookDelivery.objects.filter(
            status=WebhookDelivery.Status.PENDING, created_at__lt=before
        ),
    }
    counts = {name: rows.count() for name, rows in waiting.items()}
    late = {name: count for name, count in counts.items() if count}
    for name, count in late.items():
        yield warning(
            "backlog",
            f"{count} {name} wait for more than {PATIENCE.seconds // 60} minutes.",
            "See whether workers run, and what their log says.",
        )
    if not late:
        yield ok("backlog", "nothing waits for long")
