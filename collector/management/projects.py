"""What commands share: finding the project."""

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from collector.models import Project


def find_project(slug: str) -> Project:
    """The project, or one clear line."""
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise CommandError(_("There is no project “%(slug)s”.") % {"slug": slug})
    return project
