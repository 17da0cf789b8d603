"""Long work that a worker does: a row that says how far it is, and a lease that says who works it.

The queue is only a hint. A worker takes the lease, renews it while it works and writes its result
only while the lease is still its own, so that a task delivered twice, or a worker that was thought
dead, changes nothing.
"""

from datetime import timedelta
from typing import Any, Self, TypeVar
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.ids import new_uid

LEASE = timedelta(seconds=60)
ATTEMPTS = 5

J = TypeVar("J", bound="Job", covariant=True)


class JobQuerySet(models.QuerySet[J]):
    """Jobs by who may work them; all times are the database's."""

    def free(self) -> Self:
        """Unfinished and leased to nobody: new, forgotten by the broker, or left by the dead."""
        return self.filter(
            Q(lease_until__isnull=True) | Q(lease_until__lt=Now()),
            status__in=[Job.Status.QUEUED, Job.Status.RUNNING],
        )

    def take(self, pk: int) -> UUID | None:
        """Lease one job for `LEASE` and mark it running; None if it is finished or another's.

        One that was taken `ATTEMPTS` times in vain has failed: it takes its workers with it.
        """
        token = uuid4()
        free = self.free().filter(pk=pk)
        taken = free.filter(attempts__lt=ATTEMPTS).update(
            status=Job.Status.RUNNING,
            lease_token=token,
            lease_until=Now() + LEASE,
            attempts=F("attempts") + 1,
        )
        if taken:
            return token
        free.filter(attempts__gte=ATTEMPTS).update(
            status=Job.Status.FAILED,
            error=str(_("Given up: %(count)d workers in a row died of it or were stopped."))
            % {"count": ATTEMPTS},
            lease_token=None,
            lease_until=None,
            finished_at=Now(),
        )
        return None

    def held(self, pk: int, token: UUID) -> Self:
        """The job, if the lease is still the caller's; update through it."""
        return self.filter(pk=pk, lease_token=token)

    def renew(self, pk: int, token: UUID, **progress: Any) -> bool:
        """Extend the lease and store progress; False means: stop, the job is no longer yours.

        A job that goes on where it was says `attempts=0` with what is done for good.
        """
        return bool(self.held(pk, token).update(lease_until=Now() + LEASE, **progress))

    def finish(self, pk: int, token: UUID, *, status: str, **results: Any) -> bool:
        """Store the end of the job and give the lease back; False if it was not the caller's."""
        return bool(
            self.held(pk, token).update(
                status=status, lease_token=None, lease_until=None, finished_at=Now(), **results
            )
        )


class Job(models.Model):
    """Fields of every job. `error` says in one line why it failed.

    `attempts` counts how often it was taken since it last got anywhere.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        WITHDRAWN = "withdrawn", _("withdrawn")

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    status = models.CharField(max_length=9, choices=Status, default=Status.QUEUED)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "queued",
                        "running",
                        "succeeded",
                        "failed",
                        "cancelled",
                        "withdrawn",
                    ]
                ),
                name="%(class)s_status_known",
            ),
            models.CheckConstraint(
                condition=Q(lease_token__isnull=True, lease_until__isnull=True)
                | Q(lease_token__isnull=False, lease_until__isnull=False),
                name="%(class)s_lease_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="%(class)s_unfinished",
                condition=Q(status__in=["queued", "running"]),
            )
        ]
