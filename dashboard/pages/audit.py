"""Who did what: of a project for its researchers, of the whole site for administrators."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.models import Event
from audit.reading import as_csv, described, events_of
from collector.models import Project
from dashboard.pages.access import of_everybody, of_project, page, user_of
from dashboard.pages.audit_forms import AuditForm

ROWS = 50


@require_safe
@of_project
def of_one(request: HttpRequest, project: Project) -> HttpResponse:
    """What was decided in a project, newest first."""
    return _listed(request, project, _("Audit"))


@require_safe
@of_project
def of_one_as_csv(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The same, all of it, as a file."""
    return _file(request, project, f"audit-{project.slug}.csv")


@require_safe
@of_everybody
def of_all(request: HttpRequest) -> HttpResponse:
    """What was decided anywhere: accounts and generators are of no project."""
    _check_administers(request)
    return _listed(request, None, _("Audit of the whole site"))


@require_safe
@of_everybody
def of_all_as_csv(request: HttpRequest) -> HttpResponseBase:
    """The same, all of it, as a file."""
    _check_administers(request)
    return _file(request, None, "audit.csv")


def _check_administers(request: HttpRequest) -> None:
    if not user_of(request).is_superuser:
        raise PermissionDenied(_("This page is for administrators."))


def _listed(request: HttpRequest, project: Project | None, title: str) -> HttpResponse:
    form = AuditForm(request.GET)
    events = events_of(project=project, wish=form.wish())
    rows, older = _behind(events, request.GET.get("before", ""))
    asked = request.GET.copy()
    asked.pop("before", None)
    context: dict[str, Any] = {
        "form": form,
        "rows": described(rows),
        "asked": asked.urlencode(),
        "filtered": any(asked.values()),
        "newest": "before" not in request.GET,
        "older": rows[-1].pk if older else None,
    }
    return page(request, "dashboard/audit.html", title=title, project=project, **context)


def _behind(events: Any, before: str) -> tuple[list[Event], bool]:
    """A page of events older than that one, and whether there are still older ones."""
    if before.isascii() and before.isdecimal() and len(before) < 19:
        events = events.filter(pk__lt=int(before))
    rows = list(events.order_by("-pk")[: ROWS + 1])
    return rows[:ROWS], len(rows) > ROWS


def _file(request: HttpRequest, project: Project | None, name: str) -> HttpResponseBase:
    lines = as_csv(events_of(project=project, wish=AuditForm(request.GET).wish()))
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
