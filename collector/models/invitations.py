"""Invitations: links that make whoever holds them a member of a project."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from collector.models.projects import Membership, Project
from common.ids import new_uid


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Which invitations are still good."""

    def live(self, now: datetime) -> "InvitationQuerySet":
        """Neither expired nor used up nor revoked, and whoever wrote them could do so now."""
        researches = Membership.objects.filter(
            project=OuterRef("project"),
            user=OuterRef("created_by"),
            role=Membership.Role.RESEARCHER,
        )
        return self.filter(
            Q(created_by__is_superuser=True) | Exists(researches),
            created_by__is_active=True,
            expires_at__gt=now,
            uses_left__gt=0,
            revoked_at__isnull=True,
            project__archived_at__isnull=True,
        )


class Invitation(models.Model):
    """A role in a project for whoever holds the link, `uses_left` times, until `expires_at`.

    Only the hash of the link's token is stored. With an `email` the link was mailed there and to
    nobody else: it is for the account of that address, and proves that its holder reads its mail.
    """

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="invitations")
    role = models.CharField(_("role"), max_length=10, choices=Membership.Role)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    email = models.EmailField(_("e-mail address"), max_length=254, blank=True)
    uses_left = models.PositiveSmallIntegerField(_("uses left"), default=1)
    expires_at = models.DateTimeField(_("expires"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="invitations_written"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=["labeler", "reviewer", "researcher", "trainer"]),
                name="invitation_role_known",
            ),
            models.CheckConstraint(
                condition=Q(email=Lower("email")), name="invitation_email_is_lower_case"
            ),
            models.CheckConstraint(
                condition=Q(email="") | Q(uses_left__lte=1),
                name="invitation_to_an_address_is_used_once",
            ),
            models.CheckConstraint(
                condition=Q(token_hash__regex=r"^[0-9a-f]{64}$"),  # noqa: S106
                name="invitation_token_is_a_hash",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")),
                name="invitation_expires_after_it_was_written",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} · {self.role} · {self.uid}"
