"""The researchers' pages: for researchers in their own projects, for superusers in all."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from collector.models import Membership, Project
from collector.selectors import access_to
from common.errors import NotFound
from dashboard.looks import look
from dashboard.projects import projects_of
from dashboard.site import ConcordAdminSite
from labeling.figures.overview import overview

View = Callable[[HttpRequest, Project], HttpResponse]
Context = dict[str, Any]
MOST_PROJECTS = 200  # of the list; newest first


def urls_of(site: ConcordAdminSite) -> dict[str, Callable[..., HttpResponse]]:
    """The views by the name of their address, within the site's looks and content policy."""

    def page(request: HttpRequest, template: str, context: Context) -> HttpResponse:
        return TemplateResponse(request, template, {**site.page_context(request), **context})

    @require_safe
    def projects(request: HttpRequest) -> HttpResponse:
        found = projects_of(cast(User, request.user))
        if not found.exists() and not request.user.is_superuser:
            raise PermissionDenied(_("These pages are for researchers."))
        rows = list(found.order_by("-pk")[:MOST_PROJECTS])
        return page(request, "dashboard/projects.html", {"title": _("Projects"), "projects": rows})

    @require_safe
    @_of_project
    def glance(request: HttpRequest, project: Project) -> HttpResponse:
        shown = look(overview(project=project))
        context = {"title": project.name, "subtitle": _("Overview"), "project": project}
        return page(request, "dashboard/overview.html", {**context, **shown})

    return {"projects": never_cache(login_required(projects)), "overview": glance}


def _of_project(view: View) -> Callable[..., HttpResponse]:
    """Give a view its project; 404 to who may not know of it, 403 to members of other roles."""

    @never_cache
    @login_required
    @wraps(view)
    def checked(request: HttpRequest, slug: str) -> HttpResponse:
        try:
            access = access_to(user=cast(User, request.user), slug=slug)
        except NotFound as error:
            raise Http404 from error
        if Membership.Role.RESEARCHER not in access.roles:
            raise PermissionDenied(_("Your role in this project does not include this page."))
        return view(request, access.project)

    return checked
