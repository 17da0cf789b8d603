"""All projects of a researcher, and one of them at a glance."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from collector.models import Project
from dashboard.pages.access import of_everybody, of_project, page, user_of
from dashboard.pages.looks import look
from dashboard.projects import archived_of, projects_of
from labeling.figures.overview import overview
from labeling.figures.simulated import simulated_in

MOST_PROJECTS = 200  # of the list; newest first


@require_safe
@of_everybody
def projects(request: HttpRequest) -> HttpResponse:
    """The projects in which the reader is a researcher, newest first, archived ones apart."""
    user = user_of(request)
    rows = list(projects_of(user).order_by("-pk")[:MOST_PROJECTS])
    archived = list(archived_of(user).order_by("-archived_at")[:MOST_PROJECTS])
    if not (rows or archived or user.is_superuser):
        raise PermissionDenied(_("These pages are for researchers."))
    return page(
        request,
        "dashboard/projects.html",
        title=_("Projects"),
        projects=rows,
        archived=archived,
    )


@require_safe
@of_project
def glance(request: HttpRequest, project: Project) -> HttpResponse:
    """What there is, what is under way and what to do, on one page."""
    shown = look(overview(project=project)) | {"simulated": simulated_in(project=project)}
    return page(request, "dashboard/overview.html", title=project.name, project=project, **shown)
