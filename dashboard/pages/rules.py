"""How a project's responses are judged: its policy and its guidelines, with all their versions."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from collector.models import Project
from common.errors import DomainError
from dashboard.pages.access import of_project
from dashboard.pages.policy_forms import WholePolicyForm, initial_of
from dashboard.pages.project_forms import GuidelinesForm
from dashboard.pages.settings import settings_page
from dashboard.pages.told import told_of
from labeling.models import PolicyVersion
from labeling.services.policies import (
    current_guidelines,
    current_policy,
    set_guidelines,
    set_policy,
)
from labeling.texts.changes import changes
from labeling.texts.rendering import render_markdown

VERSIONS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Change:
    """A setting that a version changed, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Version:
    """A version and what it changed in the one before; `first`: there is none before."""

    version: PolicyVersion
    changes: Sequence[Change]
    first: bool = False


@require_http_methods(["GET", "HEAD", "POST"])
@of_project
def policy(request: HttpRequest, project: Project) -> HttpResponse:
    """The policy in force, to change it by a new version; `from` loads an earlier one."""
    before = current_policy(project=project)
    if request.method != "POST":
        loaded = _loaded(request, project, before)
        return _policy_page(request, project, WholePolicyForm(initial=initial_of(loaded)))
    form = WholePolicyForm(request.POST)
    if form.is_valid():
        try:
            after = set_policy(project=project, **form.settings())
        except DomainError as error:
            form.refuse(error)
        else:
            _tell(request, before.number, after.number)
            return redirect("admin:settings-policy", slug=project.slug)
    return _policy_page(request, project, form, status=400)


@require_http_methods(["GET", "HEAD", "POST"])
@of_project
def guidelines(request: HttpRequest, project: Project) -> HttpResponse:
    """The guidelines in force, to change them by a new version."""
    before = current_guidelines(project=project)
    if request.method != "POST":
        text = before.text if before else ""
        return _guidelines_page(request, project, GuidelinesForm(initial={"guidelines": text}))
    form = GuidelinesForm(request.POST)
    valid = form.is_valid()
    if request.POST.get("to") == "preview" or not valid:
        return _guidelines_page(request, project, form, status=200 if valid else 400)
    try:
        after = set_guidelines(project=project, text=form.cleaned_data["guidelines"])
    except DomainError as error:
        form.refuse(error)
        return _guidelines_page(request, project, form, status=400)
    _tell(request, before.number if before else 0, after.number)
    return redirect("admin:settings-guidelines", slug=project.slug)


def _tell(request: HttpRequest, before: int, after: int) -> None:
    if before == after:
        messages.info(request, _("Nothing changed: version %d stays in force.") % after)
    else:
        messages.success(request, _("Version %d is in force.") % after)


def _loaded(request: HttpRequest, project: Project, current: PolicyVersion) -> PolicyVersion:
    """The version that the address asks for. Raises Http404."""
    asked = request.GET.get("from", str(current.number))
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 10):
        raise Http404
    if int(asked) == current.number:
        return current
    found = project.policies.filter(number=int(asked)).first()
    if found is None:
        raise Http404
    return found


def _policy_page(
    request: HttpRequest, project: Project, form: WholePolicyForm, status: int = 200
) -> HttpResponse:
    newest = list(project.policies.order_by("-number")[: VERSIONS_SHOWN + 1])
    versions = [
        Version(new, _changed(old, new), first=old is None)
        for new, old in zip(newest, [*newest[1:], None], strict=True)
    ]
    return settings_page(
        request,
        project,
        "policy",
        title=_("Judging"),
        form=form,
        versions=versions[:VERSIONS_SHOWN],
        more=len(newest) > VERSIONS_SHOWN,
        status=status,
        **{"from": request.GET.get("from", "")},
    )


def _changed(old: PolicyVersion | None, new: PolicyVersion) -> list[Change]:
    if old is None:
        return []
    form = WholePolicyForm()
    before = {each.name: each.text for each in told_of(form, initial_of(old))}
    return [
        Change(str(each.label), before[each.name], each.text)
        for each in told_of(form, initial_of(new))
        if each.text != before[each.name]
    ]


def _guidelines_page(
    request: HttpRequest, project: Project, form: GuidelinesForm, status: int = 200
) -> HttpResponse:
    newest = list(project.guidelines.order_by("-number")[: VERSIONS_SHOWN + 1])
    # Long texts take long to compare: only the newest two are.
    changed = changes(newest[1].text, newest[0].text) if len(newest) > 1 else []
    typed = str(form["guidelines"].value() or "")
    return settings_page(
        request,
        project,
        "guidelines",
        title=_("Guidelines"),
        form=form,
        shown=render_markdown(typed, breaks=False) if typed.strip() else "",
        versions=newest[:VERSIONS_SHOWN],
        changes=changed,
        more=len(newest) > VERSIONS_SHOWN,
        status=status,
    )
