"""A machine judge: a generator that judges beside people."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from collector.models import Generator, Project
from collector.selectors import newest_revisions
from common.errors import DomainError
from dashboard.forms import PageForm
from dashboard.pages.access import of_project, page
from labeling.services.judges import (
    INSTRUCTIONS_CHARACTERS,
    NAME_CHARACTERS,
    create_judge,
    have_judged,
)

MOST_GENERATORS = 200  # to choose from, by name


class JudgeForm(PageForm):
    """Which generator judges, and what it is told."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_CHARACTERS)
    generator = forms.ChoiceField(
        label=gettext_lazy("Generator"),
        help_text=gettext_lazy("Its settings of this moment are the judge's for good."),
    )
    instructions = forms.CharField(
        label=gettext_lazy("What it is told besides"),
        required=False,
        max_length=INSTRUCTIONS_CHARACTERS,
        widget=forms.Textarea({"rows": 6}),
    )
    both_orders = forms.BooleanField(
        label=gettext_lazy("Ask about each task in an order and its reverse"),
        initial=True,
        required=False,
    )
    budget = forms.DecimalField(
        label=gettext_lazy("Budget in US dollars"),
        required=False,
        min_value=Decimal("0.0001"),
        max_digits=12,
        decimal_places=4,
        help_text=gettext_lazy("It stops before this could be passed. Empty is no limit."),
    )
    begin = forms.BooleanField(
        label=gettext_lazy("Ask it about all tasks now"), initial=False, required=False
    )

    def __init__(self, *args: Any, generators: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", ""), *((name, name) for name in generators)]
        self.fields["generator"].choices = choices  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@of_project
def new_judge(request: HttpRequest, project: Project) -> HttpResponse:
    """Set a judge up, and have it begin."""
    form = JudgeForm(request.POST or None, generators=_generators())
    if request.method == "POST" and form.is_valid():
        asked = dict(form.cleaned_data)
        begin = asked.pop("begin")
        try:
            judge = create_judge(project=project, **asked)
            owed = have_judged(judge=judge) if begin else 0
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _told(judge.name, owed))
            return redirect("admin:people", project.slug)
    return page(
        request,
        "dashboard/new_judge.html",
        title=_("A machine judge"),
        project=project,
        status=400 if form.errors else 200,
        form=form,
        generators=len(form.fields["generator"].choices) > 1,  # type: ignore[attr-defined]
    )


def _generators() -> list[str]:
    asking = newest_revisions().exclude(provider=Generator.Provider.RECORDED)
    enabled = asking.filter(generator__enabled=True)
    return sorted(revision.generator.name for revision in enabled)[:MOST_GENERATORS]


def _told(name: str, owed: int) -> str:
    if owed:
        return _("%(name)s is asked %(owed)d questions.") % {"name": name, "owed": owed}
    return _("%s is set up. It is asked about tasks when somebody says so.") % name
