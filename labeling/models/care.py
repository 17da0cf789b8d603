"""What people tell each other about the work: reports, letters, and warnings of content."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import ContentCategory, Labeler
from collector.models import Message, Project
from common.ids import new_uid
from labeling.models.tasks import Task


class Report(models.Model):
    """Something a labeler wants looked at: a page, a task, or one response of it."""

    class Category(models.TextChoices):
        HARMFUL = "harmful", _("harmful or upsetting content")
        PERSONAL = "personal", _("personal data of somebody")
        COPYRIGHT = "copyright", _("copied without permission")
        BROKEN = "broken", _("something does not work")
        UNFAIR = "unfair", _("unfair treatment")
        OTHER = "other", _("something else")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        RESOLVED = "resolved", _("resolved")

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    labeler = models.ForeignKey(Labeler, models.CASCADE, related_name="reports")
    project = models.ForeignKey(
        Project, models.CASCADE, null=True, blank=True, related_name="reports"
    )
    task = models.ForeignKey(Task, models.SET_NULL, null=True, blank=True, related_name="reports")
    response = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, related_name="reports"
    )
    page = models.CharField(max_length=200, blank=True)
    category = models.CharField(max_length=9, choices=Category)
    text = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    answer = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    category__in=[
                        "harmful",
                        "personal",
                        "copyright",
                        "broken",
                        "unfair",
                        "other",
                    ]
                ),
                name="report_category_known",
            ),
            models.CheckConstraint(
                condition=Q(state="open", resolved_at__isnull=True)
                | Q(state="resolved", resolved_at__isnull=False),
                name="report_resolved_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category} report {self.uid}"


class Letter(models.Model):
    """A message between a project's reviewers and one labeler; an appeal is one that asks for a
    decision of the reviewers'. `writer` is null where the labeler wrote it.
    """

    class Kind(models.TextChoices):
        MESSAGE = "message", _("message")
        APPEAL = "appeal", _("appeal")

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="letters")
    labeler = models.ForeignKey(Labeler, models.CASCADE, related_name="letters")
    writer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    from_labeler = models.BooleanField()
    kind = models.CharField(max_length=7, choices=Kind, default=Kind.MESSAGE)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["message", "appeal"]), name="letter_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(from_labeler=False) | Q(writer__isnull=True),
                name="letter_labeler_stays_a_pseudonym",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"


class ContentWarning(models.Model):
    """A text that is blurred until a labeler asks for its category to be shown."""

    class Source(models.TextChoices):
        IMPORT = "import", _("the imported file")
        JUDGMENT = "judgment", _("a labeler's flags or labels")
        STAFF = "staff", _("a reviewer")

    message = models.ForeignKey(Message, models.CASCADE, related_name="warnings", db_index=False)
    category = models.CharField(max_length=9, choices=ContentCategory)
    source = models.CharField(max_length=8, choices=Source)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "category"], name="warning_once"),
            models.CheckConstraint(
                condition=Q(category__in=["sexual", "violence", "hate", "self_harm", "other"]),
                name="warning_category_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category}: {self.message_id}"
