"""What commands share: finding the project, and showing how far they are."""

from collections.abc import Callable

from django.core.management.base import CommandError, OutputWrapper
from django.utils.translation import gettext as _

from collector.models import Project

CLEARED = "\r\x1b[K"


def find_project(slug: str) -> Project:
    """The project, or one clear line."""
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise CommandError(_("There is no project “%(slug)s”.") % {"slug": slug})
    return project


def rewriter(stream: OutputWrapper, *, quiet: bool) -> Callable[[str], None]:
    """A line that is rewritten in place on a terminal, and nothing elsewhere."""
    shown = not quiet and stream.isatty()

    def show(line: str) -> None:
        if shown:
            stream.write(f"{CLEARED}{line}", ending="")
            stream.flush()

    return show


def counter(stream: OutputWrapper, label: str, *, quiet: bool) -> Callable[[int], None]:
    """As `rewriter`, for a count."""
    show = rewriter(stream, quiet=quiet)
    return lambda count: show(f"{label}: {count:,}")
