"""Background work of the API itself (`api.tasks` are its addresses of tasks)."""

from celery import shared_task
from django.utils import timezone

from api.idempotency import forget_answers


@shared_task
def forget_old_answers() -> None:
    """Delete the answers of idempotency keys that are too old to be given again."""
    now = timezone.now()
    while forget_answers(now=now):
        continue
