"""What happened in a project, who is to be told of it by mail, and who wants to hear of what."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from collector.models.projects import Project
from common.ids import new_uid


class Notification(models.Model):
    """Something that happened once: `key` tells it from others of its event in the project.

    `data` is what webhooks are told. `address` is the path of the page about it.
    """

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    project = models.ForeignKey(
        Project, models.CASCADE, related_name="notifications", db_index=False
    )
    event = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    data = models.JSONField(default=dict)
    address = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "event", "key"], name="notification_once"),
        ]
        indexes = [models.Index(fields=["created_at"], name="notification_by_age")]

    def __str__(self) -> str:
        return f"{self.event} in {self.project_id}: {self.key}"


class NotificationMail(models.Model):
    """One mail to one person about one project, leased while it is sent, until it is taken.

    Its `uid` is in the Message-ID, so that a mail sent again by a worker that did not hear of the
    first time is the same mail. DROPPED is one that nobody wanted any more when it was its turn.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        DROPPED = "dropped", _("dropped")

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    status = models.CharField(max_length=7, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["pending", "sent", "failed", "dropped"]),
                name="notification_mail_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="sent") | Q(sent_at__isnull=False),
                name="notification_mail_sent_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "project", "created_at"], name="notification_mail_last"),
            models.Index(fields=["project"], name="notification_mail_of_project"),
            models.Index(
                fields=["next_attempt_at"],
                name="notification_mail_due",
                condition=Q(status="pending"),
            ),
        ]

    def __str__(self) -> str:
        return f"mail {self.uid} ({self.status})"


class Notice(models.Model):
    """A person is to be told of a notification; `mail` is the one that tells them."""

    notification = models.ForeignKey(
        Notification, models.CASCADE, related_name="notices", db_index=False
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    mail = models.ForeignKey(
        NotificationMail, models.CASCADE, null=True, blank=True, related_name="notices"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notification", "user"], name="notice_once_a_person"),
        ]
        indexes = [
            models.Index(fields=["user"], name="notice_waiting", condition=Q(mail__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.notification_id} to {self.user_id}"


class NotificationSwitches(models.Model):
    """The events of a project that a person wants no mails of; without a row they want all."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    off = ArrayField(models.CharField(max_length=64), default=list, blank=True)

    class Meta:
        verbose_name_plural = "notification switches"
        constraints = [
            models.UniqueConstraint(fields=["user", "project"], name="switches_once_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.project_id}: not {self.off}"
