"""What the API remembers of requests: answers that may be asked for again."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class IdempotentAnswer(models.Model):
    """The answer to a request that named an `Idempotency-Key`, for whoever sends it again.

    The key is stored as its hash, and the body encrypted with a key made of it: answers hold
    secrets that are shown once, and a copy of the database gives none of them away.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", editable=False
    )
    key_hash = models.CharField(max_length=64)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    location = models.CharField(max_length=2000, blank=True)
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key_hash"], name="idempotent_answer_once"),
            models.CheckConstraint(
                condition=Q(status__gte=200, status__lt=300), name="idempotent_answer_succeeded"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotent_answer_age")]

    def __str__(self) -> str:
        return f"{self.status} of {self.created_at:%Y-%m-%d %H:%M}"
