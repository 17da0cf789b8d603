"""The pages of adjudication: what labelers disagree on, and where an expert decides."""

from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Labeler, User
from accounts.services import labeler_of
from collector.models import Project
from common.errors import DomainError, InvalidInput
from labeling.adjudications import Case, case_of, listing, next_waiting, waiting
from labeling.keymap import keymap_of
from labeling.models import Adjudication
from labeling.pages.access import wants_json
from labeling.pages.adjudication_forms import (
    DecisionForm,
    GuidelinesForm,
    ListForm,
    NextForm,
    OpenForm,
)
from labeling.pages.desk import desk_for
from labeling.pages.looking import look, others_looking, somebody_looks
from labeling.pages.review import reviewer_page, tabs_of
from labeling.services.adjudicated import rules_for
from labeling.services.adjudicating import (
    AlreadyAdjudicated,
    GuidelinesMoved,
    TakesPart,
    check_may_decide,
    open_by_hand,
    put_back_counts,
    resolve,
)
from labeling.services.policies import current_guidelines
from labeling.services.preferences import stored_keys
from labeling.texts.changes import changes
from labeling.texts.rendering import render_markdown

Kind = Adjudication.Kind
State = Adjudication.State


@require_safe
@reviewer_page
def adjudications(request: HttpRequest, project: Project) -> HttpResponse:
    """What waits for an expert, the most disputed first; or what was decided."""
    form = ListForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    resolved, kind = asked.get("state") == State.RESOLVED, asked.get("kind") or ""
    found = listing(project=project, resolved=resolved, kind=kind, number=asked.get("page") or 1)
    query = {"state": State.RESOLVED.value} if resolved else {}
    context = {
        "project": project,
        "page": found,
        "resolved": resolved,
        "kind": kind,
        "kinds": [(name, label, found.kinds.get(name, 0)) for name, label in Kind.choices],
        "query": urlencode(query | ({"kind": kind} if kind else {})),
        **tabs_of("adjudications"),
    }
    return TemplateResponse(request, "labeling/review/adjudications.html", context)


@require_safe
@reviewer_page
def next_adjudication(request: HttpRequest, project: Project) -> HttpResponse:
    """On to the next that this expert may decide on, past those that others look at."""
    form = NextForm(request.GET)
    after = form.cleaned_data["after"] if form.is_valid() else None
    return redirect(_way_on(request, project, after))


@require_POST
@reviewer_page
def open_adjudication(request: HttpRequest, project: Project) -> HttpResponse:
    """Put a task before an expert by hand."""
    form = OpenForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        found = open_by_hand(project=project, task_uid=form.cleaned_data["task"])
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect("adjudications", slug=project.slug)
    return redirect("adjudication", slug=project.slug, uid=found.uid)


@require_http_methods(["GET", "POST"])
@reviewer_page
def adjudication(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """One disagreement: read it, decide on it; once that is done, what was decided."""
    found = get_object_or_404(
        Adjudication.objects.select_related(
            "project", "task", "judgment__labeler", "guideline_version"
        ),
        project=project,
        uid=uid,
    )
    if request.method == "POST":
        return _decide(request, project, found)
    return _page(request, project, found)


@require_http_methods(["GET", "POST"])
@reviewer_page
def review_guidelines(request: HttpRequest, project: Project) -> HttpResponse:
    """The guidelines in force; of a text that is posted, what it would change. Fragments both."""
    if request.method == "GET":
        newest = current_guidelines(project=project)
        text = render_markdown(newest.text, breaks=False) if newest else ""
        return render(request, "labeling/review/guidelines.html", {"newest": newest, "text": text})
    form = GuidelinesForm(request.POST)
    text = form.cleaned_data["guidelines"] if form.is_valid() else ""
    context = _changed(project, text)
    return render(request, "labeling/review/guideline_changes.html", context)


def _decide(request: HttpRequest, project: Project, found: Adjudication) -> HttpResponse:
    user = cast(User, request.user)
    _policy, modes = rules_for(found)
    form = DecisionForm(request.POST, places=found.task.candidates.count(), modes=modes)
    try:
        if not form.is_valid():
            raise InvalidInput(" ".join(str(error[0]) for error in form.errors.values()))
        done = resolve(adjudication=found, user=user, decision=form.decision())
    except DomainError as error:
        return _refused(request, project, found, error)
    if done.put_back:
        words = _("The guidelines are version %(number)d now; tasks given out again: %(tasks)d.")
        number = done.guideline_version.number if done.guideline_version else 0
        messages.success(request, words % {"number": number, "tasks": done.put_back})
    address = _way_on(request, project, found.uid)
    if wants_json(request):
        return JsonResponse({"next": address}, status=201)
    return redirect(address)


def _refused(
    request: HttpRequest, project: Project, found: Adjudication, error: DomainError
) -> HttpResponse:
    """Say what is wrong beside what was typed, or that somebody else was first."""
    if wants_json(request):
        told: dict[str, Any] = {"code": error.code, "detail": error.detail}
        if isinstance(error, AlreadyAdjudicated):
            told["next"] = _way_on(request, project, found.uid)
        if isinstance(error, GuidelinesMoved):
            newest = current_guidelines(project=project)
            told["base"] = newest.number if newest else 0
        return JsonResponse(told, status=error.status)
    if isinstance(error, AlreadyAdjudicated):
        messages.warning(request, error.detail)
        return redirect("adjudication", slug=project.slug, uid=found.uid)
    return _page(request, project, found, refused=error)


def _page(
    request: HttpRequest,
    project: Project,
    found: Adjudication,
    *,
    refused: DomainError | None = None,
) -> HttpResponse:
    user = cast(User, request.user)
    labeler = labeler_of(user=user)
    case = case_of(adjudication=found, reader=labeler)
    typed = request.POST if refused else None
    context: dict[str, Any] = {
        "project": project,
        "labeler": labeler,
        "case": case,
        "adjudication": found,
        "desk": desk_for(case.task, typed=typed),
        "keymap": keymap_of(stored_keys(labeler=labeler)),
        "takes_part": _takes_part(case, labeler),
        "guidelines_url": reverse("review_guidelines", args=[project.slug]),
        "words": refused.detail if refused else "",
    }
    if found.state == State.OPEN and not context["takes_part"]:
        context |= _deciding(request, project, found, user)
    else:
        context["decided"] = _decided(case)
    status = refused.status if refused else 200
    return render(request, "labeling/review/adjudication.html", context, status=status)


def _deciding(
    request: HttpRequest, project: Project, found: Adjudication, user: User
) -> dict[str, Any]:
    """What the form needs beside the case; and that this expert is at it."""
    look(adjudication=found.uid, user=user.pk)
    newest = current_guidelines(project=project)
    text = newest.text if newest else ""
    typed = request.POST
    return {
        "deciding": True,
        "kinds": Kind.choices,
        "base": newest.number if newest else 0,
        "next_version": newest.number + 1 if newest else 1,
        "in_force": text,
        "put_back": put_back_counts(adjudication=found),
        "left": waiting(project=project).count(),
        "submit_key": found.uid,
        "submit_url": reverse("adjudication", args=[project.slug, found.uid]),
        "somebody_looks": somebody_looks(adjudication=found.uid, user=user.pk),
        **_changed(project, typed.get("guidelines", text)),
    }


def _decided(case: Case) -> list[list[str]] | None:
    """The expert's order by the places of the page, if there is one."""
    judgment = case.adjudication.judgment
    if judgment is None or judgment.tiers is None:
        return None
    place = {response: str(number) for number, response in enumerate(judgment.order, start=1)}
    return [sorted(place[response] for response in tier) for tier in judgment.tiers]


def _takes_part(case: Case, labeler: Labeler) -> str:
    try:
        check_may_decide(task=case.adjudication.task, labeler=labeler)
    except TakesPart as error:
        return error.detail
    return ""


def _changed(project: Project, text: str) -> dict[str, Any]:
    newest = current_guidelines(project=project)
    before = newest.text if newest else ""
    text = text.replace("\r\n", "\n").strip()
    return {"newest": newest, "changes": changes(before, text) if text != before else []}


def _way_on(request: HttpRequest, project: Project, after: UUID | None) -> str:
    """The address of the next one for this expert, or of the list."""
    user = cast(User, request.user)
    before = Adjudication.objects.filter(project=project, uid=after).first() if after else None
    found = next_waiting(
        project=project,
        labeler=labeler_of(user=user),
        after=before,
        passing=others_looking(project=project, user=user.pk),
    )
    if found is None:
        return reverse("adjudications", args=[project.slug])
    return reverse("adjudication", args=[project.slug, found.uid])
