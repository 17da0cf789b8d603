"""Projects and who may do what in them."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.ids import new_uid


class Project(models.Model):
    """One collection effort: its prompts, responses, judgments and datasets.

    `budget` (of all time) and `monthly_budget` (a calendar month in UTC) bound what asking models
    may cost, in US dollars; null is no bound.
    """

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    licence = models.CharField(max_length=100, blank=True)
    languages = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    budget = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    monthly_budget = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(slug="") & ~Q(name=""), name="project_has_name"),
            models.CheckConstraint(
                condition=(Q(budget__isnull=True) | Q(budget__gte=0))
                & (Q(monthly_budget__isnull=True) | Q(monthly_budget__gte=0)),
                name="project_budgets_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class Membership(models.Model):
    """A role of a user in a project: the only source of roles besides `User.is_superuser`."""

    class Role(models.TextChoices):
        LABELER = "labeler", _("labeler")
        REVIEWER = "reviewer", _("reviewer")
        RESEARCHER = "researcher", _("researcher")
        TRAINER = "trainer", _("trainer")

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "project", "role"], name="membership_once_a_role"
            ),
            models.CheckConstraint(
                condition=Q(role__in=["labeler", "reviewer", "researcher", "trainer"]),
                name="membership_role_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.role} · {self.project}"
