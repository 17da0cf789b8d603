"""What the commands of this app share: finding the project, and showing how far they are."""

from collections.abc import Callable

from django.core.management.base import CommandError, OutputWrapper
from django.utils.translation import gettext as _

from collector.models import Project


def find_project(slug: str) -> Project:
    """The project, or one clear line."""
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise CommandError(_("There is no project “%(slug)s”.") % {"slug": slug})
    return project


def counter(stream: OutputWrapper, label: str, *, quiet: bool) -> Callable[[int], None]:
    """A count that is rewritten in place on a terminal, and nothing elsewhere."""
    shown = not quiet and stream.isatty()

    def show(count: int) -> None:
        if shown:
            stream.write(f"\r{label}: {count:,}", ending="")
            stream.flush()

    return show
