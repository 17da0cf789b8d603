"""What people decided: one row for each, written by triggers and never changed."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """Somebody made, changed or deleted a row of a tracked table (`audit.tracked`).

    All ids are plain numbers, so that an event outlives what it is about. `changes` maps columns
    to `[old, new]`, null where there was or is nothing; `[]` is a change without its values.
    `label` names the row as it was then, `person_id` is the account that it is about. `token` is
    the name of the actor's token by which it came, if it has one, and `handed_to_id` the account
    that the token was handed to: whoever holds it acted in the actor's name. Nobody may change or
    delete a row: triggers refuse. Only when an account is deleted, others take out who it was
    (`actor_erased`) with the address and whatever told the person's own.
    """

    class Action(models.TextChoices):
        MADE = "made", _("made")
        CHANGED = "changed", _("changed")
        DELETED = "deleted", _("deleted")

    class Via(models.TextChoices):
        PAGE = "page", _("page")
        API = "api", _("REST API")
        COMMAND = "command", _("command line")
        TASK = "task", _("background work")
        LABELER = "labeler", _("the labeler's own work")
        DATABASE = "database", _("database")

    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=20)
    action = models.CharField(max_length=7, choices=Action)
    object_id = models.BigIntegerField(null=True)
    project_id = models.BigIntegerField(null=True)
    label = models.CharField(max_length=300)
    person_id = models.BigIntegerField(null=True)
    changes = models.JSONField()
    actor_id = models.BigIntegerField(null=True)
    actor_erased = models.BooleanField(db_default=False)
    token = models.CharField(max_length=100, blank=True, db_default="")
    handed_to_id = models.BigIntegerField(null=True)
    address = models.GenericIPAddressField(null=True)
    via = models.CharField(max_length=8, choices=Via)
    place = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(action__in=["made", "changed", "deleted"]),
                name="event_action_known",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    via__in=["page", "api", "command", "task", "labeler", "database"]
                ),
                name="event_via_known",
            ),
        ]
        indexes = [
            models.Index(fields=["project_id", "id"], name="event_of_project"),
            models.Index(fields=["kind", "id"], name="event_of_kind"),
            models.Index(fields=["actor_id", "id"], name="event_by_actor"),
            models.Index(fields=["person_id"], name="event_about_person"),
            models.Index(
                fields=["handed_to_id"],
                name="event_by_holder",
                condition=models.Q(handed_to_id__isnull=False),
            ),
            BrinIndex(fields=["at"], name="event_by_time"),  # rows lie in the order of their times
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.label} {self.action}"
