"""The pay report: what each person worked in a period, and what it comes to."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from collector.models import Project
from common.errors import DomainError
from dashboard.pages.access import of_project, page
from dashboard.pages.people_forms import PayForm, whole_month
from labeling.pay import Pay, last_month, pay_csv, pay_in

SHOWN = 500  # people of the page; the file has all of them


@require_safe
@of_project
def pay(request: HttpRequest, project: Project) -> HttpResponseBase:
    """By default of the last month; `format=csv` is the same as a file."""
    asked = request.GET.copy()
    as_file = asked.pop("format", [""])[-1] == "csv"
    form = PayForm(asked or whole_month(*last_month(timezone.now().date())))
    found = _found(project, form)
    if found is not None and as_file:
        return _file(project, found)
    return page(
        request,
        "dashboard/pay.html",
        title=_("Pay report"),
        project=project,
        status=400 if found is None else 200,
        form=form,
        pay=found,
        rows=found.rows[:SHOWN] if found else [],
        unshown=max(len(found.rows) - SHOWN, 0) if found else 0,
        query=asked.urlencode(),
        paid=bool(found and (found.terms.per_hour or found.terms.per_task)),
    )


def _found(project: Project, form: PayForm) -> Pay | None:
    if not form.is_valid():
        return None
    try:
        return pay_in(project=project, terms=form.terms())
    except DomainError as error:
        form.refuse(error)
        return None


def _file(project: Project, found: Pay) -> HttpResponse:
    name = f"{project.slug}-pay-{found.terms.since}-{found.terms.until}.csv"
    return HttpResponse(
        pay_csv(found),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
