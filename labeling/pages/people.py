"""Reviewers' pages of a project's labelers: how each stands, and the decisions on one of them."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Labeler, User
from collector.models import Project
from common.errors import DomainError, NotFound
from labeling.correspondence import labeler_in, letters_between
from labeling.models import LabelerStanding
from labeling.pages.review import reviewer_page, tabs_of
from labeling.people import people_in, person_in, steps_of
from labeling.services.deciding import decide
from labeling.services.policies import current_policy
from labeling.services.standings import REASON_MAX

State = LabelerStanding.State
LETTERS_SHOWN = 5

# What may be decided, by the state somebody is in, the mildest first.
_WORKING = (State.WARNED, State.PAUSED, State.EXCLUDED)
DECISIONS: dict[str, tuple[State, ...]] = {
    "": _WORKING,
    State.TRAINING: (State.ACTIVE, State.PAUSED, State.EXCLUDED),
    State.ACTIVE: _WORKING,
    State.WARNED: (State.ACTIVE, State.PAUSED, State.EXCLUDED),
    State.FAILED: (State.TRAINING, State.ACTIVE, State.EXCLUDED),
    State.PAUSED: (State.ACTIVE, State.TRAINING, State.EXCLUDED),
    State.EXCLUDED: (State.ACTIVE, State.PAUSED),
}
BUTTONS = {
    State.ACTIVE: gettext_lazy("Let them work"),
    State.TRAINING: gettext_lazy("Let them take the test once more"),
    State.WARNED: gettext_lazy("Warn"),
    State.PAUSED: gettext_lazy("Pause"),
    State.EXCLUDED: gettext_lazy("Exclude"),
}


class PeopleForm(forms.Form):
    """What is shown; a field that makes no sense is left out of it."""

    state = forms.ChoiceField(choices=State.choices, required=False)
    page = forms.IntegerField(required=False, min_value=1)


class DecisionForm(forms.Form):
    """A decision and its reason, which is for the labeler to read."""

    state = forms.ChoiceField(choices=State.choices)
    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        max_length=REASON_MAX,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("The labeler reads it, without your name."),
    )


@require_safe
@reviewer_page
def people(request: HttpRequest, project: Project) -> HttpResponse:
    """The project's labelers, those who wait for a decision first."""
    form = PeopleForm(request.GET)
    form.is_valid()
    state = form.cleaned_data.get("state") or ""
    found = people_in(project=project, state=state, number=form.cleaned_data.get("page") or 1)
    context = {
        "project": project,
        "page": found,
        "state": state,
        "states": [(value, label, found.counts.get(value, 0)) for value, label in State.choices],
        "query": f"state={state}" if state else "",
        **tabs_of("people"),
    }
    return TemplateResponse(request, "labeling/review/people.html", context)


@require_http_methods(["GET", "POST"])
@reviewer_page
def person(request: HttpRequest, project: Project, labeler: UUID) -> HttpResponse:
    """One labeler: what is known, what was decided, what they wrote; and the next decision."""
    try:
        who = labeler_in(project=project, uid=labeler)
    except NotFound as error:
        raise Http404 from error
    user = cast(User, request.user)
    if request.method == "POST" and who.user_id == user.pk:
        raise PermissionDenied(_("Nobody decides on their own standing."))
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            decide(project=project, labeler=who, decided_by=user, **form.cleaned_data)
        except DomainError as error:
            form.add_error("reason", error.detail)
        else:
            messages.success(request, _("It is decided, and the labeler has a letter about it."))
            return redirect("person", slug=project.slug, labeler=who.uid)
    status = 400 if form.errors else 200
    return TemplateResponse(
        request, "labeling/review/person.html", _person(project, who, user, form), status=status
    )


def _person(project: Project, who: Labeler, user: User, form: DecisionForm) -> dict[str, Any]:
    found = person_in(project=project, labeler=who)
    policy = current_policy(project=project)
    tests = policy.qualification_items > 0
    allowed = [s for s in DECISIONS[found.state] if tests or s != State.TRAINING]
    return {
        "project": project,
        "person": found,
        "policy": policy,
        "steps": steps_of(project=project, labeler=who),
        "letters": letters_between(project=project, labeler=who)[-LETTERS_SHOWN:],
        "form": form,
        "oneself": who.user_id == user.pk,
        "decisions": [(state.value, BUTTONS[state]) for state in allowed],
        **tabs_of("people"),
    }
