"""Runs: foreseen, started, followed, paused, resumed, retried and cancelled."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from collector.models import Generator, GeneratorRevision, Project, Run
from collector.selectors import newest_revisions
from collector.services.prompt_choices import prompt_choices
from collector.services.run_health import with_outcomes
from collector.services.run_retries import retry_run
from collector.services.runs import cancel_run, pause_run, resume_run, start_run
from common.errors import Busy, DomainError, NotFound
from dashboard.pages.access import of_project, page, user_of
from dashboard.pages.runs_forms import RunForm
from dashboard.pages.runs_looks import foreseen, listed, look

PAGE = 25
MOST_GENERATORS = 200
NAMED = 3  # generators, in the heading of a run


@require_safe
@of_project
def runs(request: HttpRequest, project: Project) -> HttpResponse:
    """The project's runs, the newest first; `before` names the last one of the page before."""
    found = with_outcomes(Run.objects.filter(project=project).order_by("-pk"))
    before = _uid(request.GET.get("before", ""))
    if before is not None:
        found = found.filter(pk__lt=_run(project, before).pk)
    rows = list(found.prefetch_related("revisions__generator")[: PAGE + 1])
    return page(
        request,
        "dashboard/runs.html",
        title=_("Runs"),
        project=project,
        rows=[listed(run) for run in rows[:PAGE]],
        further=rows[PAGE - 1].uid if len(rows) > PAGE else None,
        later=before is not None,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@of_project
def new(request: HttpRequest, project: Project) -> HttpResponse:
    """Say who is asked what, see what that would cost, and start."""
    form = _form(request, project)
    estimate: dict[str, Any] | None = None
    if request.method == "POST" and form.is_valid():
        if request.POST.get("do") == "start":
            run = _start(request, project, form)
            if run is not None:
                messages.success(request, _("The run has started."))
                return redirect("admin:run", project.slug, run.uid)
        if not form.errors:
            estimate = foreseen(project, form.asked())
    return page(
        request,
        "dashboard/run_form.html",
        title=_("New run"),
        project=project,
        form=form,
        choices=form.choices,
        revisions=form.revisions,
        chosen=form["generators"].value() or [],
        estimate=estimate,
        status=400 if form.errors else 200,
    )


@require_POST
@of_project
def estimate(request: HttpRequest, project: Project) -> HttpResponse:
    """What the run that the form describes would ask and cost; nothing is started."""
    form = _form(request, project)
    shown = foreseen(project, form.asked()) if form.is_valid() else None
    context = {"estimate": shown, "form": form, "project": project}
    return render(request, "dashboard/run_estimate.html", context)


@require_safe
@of_project
def run(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """How far it is, what went wrong, and what can be done."""
    found = _run(project, uid)
    shown = look(found)
    names = ", ".join(row["name"] for row in shown["rows"][:NAMED])
    return page(
        request,
        "dashboard/run.html",
        title=_("Run of %(names)s") % {"names": names} if names else _("Run"),
        project=project,
        run=found,
        **shown,
    )


@require_POST
@of_project
def switch(request: HttpRequest, project: Project, uid: UUID, what: str) -> HttpResponse:
    """Pause, resume, retry or cancel a run."""
    found = _run(project, uid)
    done = _SWITCHES.get(what)
    if done is None:
        raise NotFound(_("There is no such page."))
    given = {"budget": request.POST.get("budget", "").strip() or None} if what == "resume" else {}
    try:
        done[0](run=found, **given)
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, done[1]())
    return redirect("admin:run", project.slug, uid)


_SWITCHES: dict[str, tuple[Callable[..., Run], Callable[[], str]]] = {
    "pause": (pause_run, lambda: _("The run is paused. What is being asked right now is kept.")),
    "resume": (resume_run, lambda: _("The run goes on.")),
    "retry": (retry_run, lambda: _("What had failed is asked again.")),
    "cancel": (cancel_run, lambda: _("The run is cancelled. What was answered stays.")),
}


def _form(request: HttpRequest, project: Project) -> RunForm:
    """Filled in as posted, else as the address suggests."""
    asking = newest_revisions().filter(generator__enabled=True)
    found = GeneratorRevision.objects.filter(pk__in=asking.values("pk"))
    revisions = list(
        found.exclude(provider=Generator.Provider.RECORDED)
        .select_related("generator")
        .order_by("-generator_id")[:MOST_GENERATORS]
    )
    suggested = {name: value for name, value in request.GET.items() if name != "generators"}
    return RunForm(
        request.POST or None,
        project=project,
        choices=prompt_choices(project=project),
        revisions=revisions,
        initial={"samples": 1, **suggested, "generators": request.GET.getlist("generators")},
    )


def _start(request: HttpRequest, project: Project, form: RunForm) -> Run | None:
    """The run; None if it was refused, which the form says then.

    A run that owes nothing is not kept: the button was pressed twice, or all is there.
    """
    try:
        with transaction.atomic():
            budget = form.cleaned_data["budget"]
            run = start_run(project=project, user=user_of(request), budget=budget, **form.asked())
            if not run.generations.exists():
                raise Busy(
                    _("Nothing would be asked: all of it is there, or waits in another run.")
                )
    except DomainError as error:
        form.refuse(error)
        return None
    return run


def _run(project: Project, uid: UUID) -> Run:
    found = Run.objects.filter(project=project, uid=uid).first()
    if found is None:
        raise NotFound(_("There is no such run."))
    return found


def _uid(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound(_("There is no such run.")) from error
