"""Whose projects the researchers' pages show."""

from django.db.models import QuerySet

from accounts.models import User
from collector.models import Membership, Project


def projects_of(user: User) -> QuerySet[Project]:
    """Projects in which the user is a researcher, without archived ones; for a superuser all."""
    current = Project.objects.filter(archived_at__isnull=True)
    if user.is_superuser:
        return current
    theirs = user.memberships.filter(role=Membership.Role.RESEARCHER)
    return current.filter(pk__in=theirs.values("project"))
