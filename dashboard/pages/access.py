"""Who sees a researchers' page, and what every one of them is drawn with."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from csp.decorators import csp_update
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.models import User
from collector.models import Membership, Project
from collector.selectors import access_to
from common.errors import NotAllowed, NotFound
from dashboard.navigation import places_of
from dashboard.site import POLICY, ConcordAdminSite

Answer = Callable[..., HttpResponseBase]


def of_project(view: Answer) -> Answer:
    """Give a view its project; 404 to who may not know of it, 403 to members of other roles.

    The view is called with the request, the project, and what else its address names.
    """

    @wraps(view)
    def checked(request: HttpRequest, slug: str, **named: Any) -> HttpResponseBase:
        try:
            access = access_to(user=user_of(request), slug=slug)
        except NotFound as error:
            raise Http404 from error
        if Membership.Role.RESEARCHER not in access.roles:
            raise PermissionDenied(_("Your role in this project does not include this page."))
        try:
            return view(request, access.project, **named)
        except NotFound as error:
            raise Http404(error.detail) from error
        except NotAllowed as error:
            raise PermissionDenied(error.detail) from error

    return of_everybody(checked)


def of_everybody(view: Answer) -> Answer:
    """A view of no one project, for whoever is signed in; it looks after its access itself."""
    return cast(Answer, csp_update(POLICY)(never_cache(login_required(view))))


def user_of(request: HttpRequest) -> User:
    """Who is signed in."""
    return cast(User, request.user)


def page(
    request: HttpRequest,
    template: str,
    *,
    title: str,
    project: Project | None = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """A page in the site's frame; that of a project has the places of the project above it."""
    frame = {**frame_of(request, project), "title": title}
    return TemplateResponse(request, template, {**frame, **context}, status=status)


def frame_of(request: HttpRequest, project: Project | None) -> dict[str, Any]:
    """What the frame is drawn with: the site's own, and the places of the project, if any."""
    site = cast(ConcordAdminSite, admin.site)
    frame = {**site.page_context(request), "project": project}
    if project is not None:
        frame |= {"project_places": places_of(request, project)}
    return frame
