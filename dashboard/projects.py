"""Whose projects the researchers' pages show."""

from django.db.models import QuerySet

from accounts.models import User
from collector.models import Membership, Project


def projects_of(user: User) -> QuerySet[Project]:
    """Projects in which the user is a researcher, without archived ones; for a superuser all."""
    return _all_of(user).filter(archived_at__isnull=True)


def archived_of(user: User) -> QuerySet[Project]:
    """As `projects_of`, of those that are archived."""
    return _all_of(user).filter(archived_at__isnull=False)


def _all_of(user: User) -> QuerySet[Project]:
    if user.is_superuser:
        return Project.objects.all()
    theirs = user.memberships.filter(role=Membership.Role.RESEARCHER)
    return Project.objects.filter(pk__in=theirs.values("project"))
