"""One import: how far it is, what became of its rows, and taking it back."""

import csv
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from collector.models import ImportJob, Project
from collector.services.import_undoing import built_on, is_checked_at_once, start_undo
from collector.services.imports import cancel_import
from common.csv_cells import plain_cell
from common.errors import DomainError
from dashboard.pages.access import of_project, page, user_of
from dashboard.pages.imports import import_of
from dashboard.pages.imports_looks import ImportLook


@require_safe
@of_project
def one_import(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """What became of an import's rows, or how far it is."""
    job = import_of(project, uid)
    return page(
        request,
        "dashboard/import.html",
        title=job.filename,
        project=project,
        look=ImportLook(job),
        job=job,
    )


@require_POST
@of_project
def cancel(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """Read no further."""
    job = cancel_import(job=import_of(project, uid))
    if job.status == ImportJob.Status.CANCELLED:
        messages.success(request, _("The import is cancelled. What was read stays."))
    else:
        messages.info(request, _("The import was over already."))
    return redirect("admin:import", project.slug, uid)


@require_http_methods(["GET", "HEAD", "POST"])
@of_project
def undo(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """Say what would go and what stands in the way; take the import back."""
    job = import_of(project, uid)
    if request.method == "POST":
        try:
            start_undo(job=job, user=user_of(request))
        except DomainError as error:
            messages.error(request, error.detail)
            return redirect("admin:undo-import", project.slug, uid)
        messages.success(request, _("The import is being taken back."))
        return redirect("admin:import", project.slug, uid)
    look, at_once = ImportLook(job), is_checked_at_once(job)
    return page(
        request,
        "dashboard/import_undo.html",
        title=_("Take back %(name)s") % {"name": job.filename},
        project=project,
        look=look,
        job=job,
        built=built_on(job=job) if look.can_be_undone and at_once else [],
        at_once=at_once,
    )


@require_safe
@of_project
def report(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """The rejected rows that were kept, as CSV."""
    job = import_of(project, uid)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="import-{job.uid}.csv"'
    rows = csv.writer(answer)
    rows.writerow(["row", "kind", "code", "detail"])
    for each in job.errors:
        rows.writerow(
            [each["row"], "rejected", plain_cell(each["code"]), plain_cell(each["detail"])]
        )
    for kind, found in sorted(job.findings.items()):
        for each in found["samples"]:
            rows.writerow([each["row"], "found", plain_cell(kind), plain_cell(each["detail"])])
    return answer
