"""The place "Tasks": what can be built, what waits, every task, and taking back unbegun ones."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from collector.models import Project
from common.errors import DomainError
from dashboard.pages.access import of_project, page, user_of
from dashboard.pages.tasks_forms import PositionForm, TasksForm
from labeling.figures.queue import UNCOUNTED, forget_queue, place_of, queue_of
from labeling.models import Task, TaskJob
from labeling.models.policies import Mode
from labeling.services.policies import current_policy
from labeling.services.selecting import is_selected
from labeling.services.task_jobs import cancel_task_job, start_build, start_withdrawal
from labeling.services.withdrawing_tasks import can_be_withdrawn, withdraw_task
from labeling.task_list import ListPage, Wish, detail_of, page_of, recent_jobs, tasks_of
from labeling.texts.rendering import Budget, plain_snippet, render_markdown

PRIORITIES = {-1: gettext_lazy("urgent"), 0: gettext_lazy("normal"), 1: gettext_lazy("later")}
SHOWN_TITLE = 60  # of the prompt, in the heading of a task
UNFINISHED = (TaskJob.Status.QUEUED, TaskJob.Status.RUNNING)


@dataclass(frozen=True, slots=True)
class BandRow:
    """A band of the queue: `missing` votes until a task is done, 0 where nobody has begun it."""

    priority: Promise | str
    missing: int
    disputed: bool
    slots: int


@require_safe
@of_project
def tasks(request: HttpRequest, project: Project) -> HttpResponse:
    """What is ready, the queue, the jobs, and the list of tasks."""
    form, refused = TasksForm(request.GET), ""
    try:
        found = _found(request, project, form.wish())
    except DomainError as error:
        found, refused = ListPage([], newer=False, older=False), error.detail
    chosen = form.chosen()
    return page(
        request,
        "dashboard/tasks.html",
        title=_("Tasks"),
        project=project,
        status=400 if refused else 200,
        form=form,
        found=found,
        refused=refused,
        filtered=bool(chosen),
        keep=f"&{urlencode(chosen)}" if chosen else "",
        **_queue(project),
        **_jobs(project),
    )


@require_POST
@of_project
def build(request: HttpRequest, project: Project) -> HttpResponse:
    """Make tasks of what is ready, here if that is little."""
    user = user_of(request)
    return _begin(request, project, lambda: start_build(project=project, user=user, at_once=True))


@require_POST
@of_project
def withdraw_all(request: HttpRequest, project: Project) -> HttpResponse:
    """Take back all open tasks that nobody has begun."""
    user = user_of(request)
    return _begin(
        request, project, lambda: start_withdrawal(project=project, user=user, at_once=True)
    )


@require_POST
@of_project
def undo(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """Take back what one build made."""
    job, user = get_object_or_404(TaskJob, project=project, uid=uid), user_of(request)
    return _begin(
        request,
        project,
        lambda: start_withdrawal(project=project, build=job, user=user, at_once=True),
    )


@require_POST
@of_project
def cancel(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """Stop a job; what it has done stays."""
    job = get_object_or_404(TaskJob, project=project, uid=uid)
    try:
        cancel_task_job(job=job)
        messages.success(request, _("Stopped. What was done by then stays."))
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("admin:tasks", project.slug)


@require_safe
@of_project
def task(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """One task: its prompt, what it compares, who has it, what they said."""
    found = get_object_or_404(_own(project), uid=uid)
    detail, budget = detail_of(task=found), Budget()
    return page(
        request,
        "dashboard/task.html",
        title=_("Task: %(words)s") % {"words": plain_snippet(found.prompt.text, SHOWN_TITLE)}
        if found.prompt
        else _("Task"),
        project=project,
        detail=detail,
        prompt=render_markdown(found.prompt.text, budget=budget) if found.prompt else "",
        responses=[
            (each, render_markdown(each.response.text, budget=budget)) for each in detail.compared
        ],
        may_withdraw=can_be_withdrawn(task=found),
    )


@require_POST
@of_project
def withdraw_one(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """Take one task back."""
    found = get_object_or_404(_own(project), uid=uid)
    try:
        withdraw_task(task=found)
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect("admin:task", project.slug, found.uid)
    forget_queue(project=project)
    messages.success(request, _("The task was taken back. Its responses can be built again."))
    return redirect("admin:tasks", project.slug)


def _own(project: Project) -> Any:
    return Task.objects.filter(project=project, repeats__isnull=True).select_related("prompt")


def _found(request: HttpRequest, project: Project, wish: Wish) -> ListPage:
    form = PositionForm(request.GET)
    if not form.is_valid():
        raise Http404
    older, newer = (
        get_object_or_404(tasks_of(project=project), uid=uid).pk if uid else None
        for uid in (form.cleaned_data["older"], form.cleaned_data["newer"])
    )
    return page_of(project=project, wish=wish, older_than=older, newer_than=newer)


def _queue(project: Project) -> dict[str, Any]:
    policy, counts = current_policy(project=project), queue_of(project=project)
    body = counts or UNCOUNTED
    return {
        "queue": body,
        "counted": body["as_of"] and datetime.fromisoformat(body["as_of"]),
        "oldest": body["oldest"] and datetime.fromisoformat(body["oldest"]),
        "bands": [_band(each) for each in body["bands"]],
        "policy": policy,
        "modes": [Mode(mode).label for mode in policy.modes],
        "selects": is_selected(policy),
    }


def _band(body: dict[str, int]) -> BandRow:
    own, missing, disputed = place_of(body["band"])
    return BandRow(PRIORITIES.get(own, str(own)), missing, disputed, body["slots"])


def _jobs(project: Project) -> dict[str, Any]:
    jobs = recent_jobs(project=project)
    running = next((job for job in jobs if job.status in UNFINISHED), None)
    return {
        "running": running,
        "job": running
        and {
            "address": reverse("api:task-job", args=[running.uid]),
            "status": running.status,
            "words": running.get_status_display(),
            "detail": _done(running),
            "progress": running.progress,
            "error": running.error,
        },
        "jobs": [(job, _done(job)) for job in jobs if job != running],
    }


def _begin(request: HttpRequest, project: Project, start: Callable[[], TaskJob]) -> HttpResponse:
    """Start a job and say what came of it, unless a worker goes on with it."""
    try:
        job = start()
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect("admin:tasks", project.slug)
    forget_queue(project=project)
    if job.status == TaskJob.Status.SUCCEEDED:
        messages.success(request, _done(job))
    elif job.status == TaskJob.Status.FAILED:
        messages.error(request, job.error)
    return redirect("admin:tasks", project.slug)


def _done(job: TaskJob) -> str:
    """What a job has made or taken back so far."""
    if job.kind == TaskJob.Kind.BUILD:
        made = ngettext("%(n)s task was made.", "%(n)s tasks were made.", job.tasks)
        return made % {"n": f"{job.tasks:,}"}
    gone = ngettext("%(n)s task was taken back.", "%(n)s tasks were taken back.", job.tasks)
    told = gone % {"n": f"{job.tasks:,}"}
    if not job.kept:
        return told
    left = ngettext(
        "%(n)s stays, as somebody has begun it.",
        "%(n)s stay, as somebody has begun them.",
        job.kept,
    )
    return f"{told} {left % {'n': f'{job.kept:,}'}}"
