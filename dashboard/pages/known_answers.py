"""Items with a known answer: what there is, making one of a task, giving one to nobody any more."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.forms.boundfield import BoundField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from collector.models import Message, Project
from common.errors import DomainError, InvalidInput
from dashboard.forms import PageForm
from dashboard.pages.access import of_project
from dashboard.pages.settings import settings_page
from labeling.known_answers import (
    PAGE,
    PROPOSED,
    items_page,
    prompt_of,
    proposed_tasks,
    question_of,
)
from labeling.models import GoldItem
from labeling.services.gold import EXPLANATION_MAX, create_gold_item, retire_gold_item
from labeling.texts.rendering import Budget, plain_snippet, render_markdown


class PositionForm(forms.Form):
    """Where a page of the list begins."""

    older = forms.IntegerField(required=False, min_value=1)


class KnownAnswerForm(PageForm):
    """An expert's answer: a place for each response, best first; the same place is a tie."""

    use = forms.ChoiceField(
        label=_("What it is used for"),
        choices=[
            (GoldItem.Use.GOLD, _("a hidden check among the work")),
            (GoldItem.Use.PRACTICE, _("practice, explained at once")),
            (GoldItem.Use.QUALIFICATION, _("the test before the first task")),
        ],
        initial=GoldItem.Use.GOLD,
        widget=forms.RadioSelect,
    )
    refused = forms.BooleanField(label=_("No response is acceptable"), required=False)
    explanation = forms.CharField(
        label=_("Explanation"),
        help_text=_("Markdown. Read after practice."),
        required=False,
        max_length=EXPLANATION_MAX,
        widget=forms.Textarea({"rows": 4}),
    )

    def __init__(self, *args: Any, responses: Sequence[Message], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.responses = responses
        places = [("", "–"), *((str(n), str(n)) for n in range(1, len(responses) + 1))]
        for number in range(1, len(responses) + 1):
            self.fields[f"place_{number}"] = forms.ChoiceField(
                label=_now("Place of response %d") % number, choices=places, required=False
            )

    @property
    def places(self) -> list[BoundField]:
        """The fields of the responses, in their order."""
        return [self[name] for name in self._names()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        lacking = [name for name in self._names() if not cleaned.get(name)]
        if lacking and not cleaned.get("refused"):
            for name in lacking:
                self.refuse(InvalidInput(_now("Every response needs a place."), attr=name))
        return cleaned

    def answer(self) -> dict[str, Any]:
        """The answer as the service takes it."""
        cleaned, uids = self.cleaned_data, [message.uid for message in self.responses]
        told = {"use": cleaned["use"], "explanation": cleaned["explanation"]}
        if cleaned["refused"]:
            return {**told, "tiers": None, "responses": uids}
        placed = list(zip((int(cleaned[name]) for name in self._names()), uids, strict=True))
        tiers = [
            [uid for at, uid in placed if at == place]
            for place in sorted({at for at, _uid in placed})
        ]
        return {**told, "tiers": tiers}

    def _names(self) -> list[str]:
        return [f"place_{number}" for number in range(1, len(self.responses) + 1)]


@require_safe
@of_project
def known_answers(request: HttpRequest, project: Project) -> HttpResponse:
    """The items, newest first."""
    form = PositionForm(request.GET)
    if not form.is_valid():
        raise Http404
    found = items_page(project=project, older_than=form.cleaned_data["older"])
    return settings_page(
        request,
        project,
        "known_answers",
        title=_now("Known answers"),
        answers=found[:PAGE],
        older=found[PAGE - 1].item.pk if len(found) > PAGE else None,
    )


@require_safe
@of_project
def choose_task(request: HttpRequest, project: Project) -> HttpResponse:
    """Open tasks, one of which an expert answers."""
    found = proposed_tasks(project=project)
    tasks = [(task, plain_snippet(prompt_of(task).text)) for task in found]
    return settings_page(
        request,
        project,
        "choose_task",
        title=_now("New known answer"),
        tasks=tasks,
        most=PROPOSED,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@of_project
def new_known_answer(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """A task with its responses, for the expert to answer; nobody is told who wrote them."""
    question = question_of(project=project, uid=uid)
    form = KnownAnswerForm(request.POST or None, responses=question.responses)
    if request.method == "POST" and form.is_valid():
        try:
            create_gold_item(project=project, **form.answer())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _now("The answer is known from now on."))
            return redirect("admin:known-answers", slug=project.slug)
    budget = Budget()
    texts = [render_markdown(message.text, budget=budget) for message in question.responses]
    return settings_page(
        request,
        project,
        "new_known_answer",
        title=_now("New known answer"),
        form=form,
        prompt=render_markdown(question.prompt.text, budget=budget),
        answers=list(zip(texts, form.places, strict=True)),
        others=[form["refused"], form["use"], form["explanation"]],
        status=400 if form.errors else 200,
    )


@require_POST
@of_project
def retire(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """Give an item to nobody any more; twice is once."""
    retire_gold_item(item=get_object_or_404(GoldItem, project=project, uid=uid))
    messages.success(request, _now("It is given to nobody any more. Answers to it stay."))
    return redirect("admin:known-answers", slug=project.slug)
