"""The form that describes a run."""

from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from collector.models import GeneratorRevision, Project
from collector.services.prompt_choices import PromptChoices
from collector.services.prompt_filters import LIMIT_AT_MOST, MISSING_AT_MOST, parse_prompts
from collector.services.run_requests import (
    SAMPLES_AT_MOST,
    check_budgets_can_be_kept,
    named_revisions,
)
from common.errors import DomainError, InvalidInput
from dashboard.forms import PageForm

_FILTERS = ("source", "language", "tag", "missing", "limit")


class RunForm(PageForm):
    """What `start_run` would refuse is said beside the field at fault."""

    generators = forms.MultipleChoiceField(label=_("Generators"))
    samples = forms.IntegerField(
        label=_("Responses a prompt"),
        help_text=_("Of each generator. What is there already is not asked for again."),
        initial=1,
        min_value=1,
        max_value=SAMPLES_AT_MOST,
    )
    budget = forms.DecimalField(
        label=_("Budget, US dollars"),
        help_text=_("The run pauses before it could be passed. Empty: no bound of its own."),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=6,
    )
    source = forms.ChoiceField(label=_("From"), required=False)
    language = forms.ChoiceField(label=_("In the language"), required=False)
    tag = forms.ChoiceField(label=_("With the tag"), required=False)
    missing = forms.IntegerField(
        label=_("With fewer responses than"),
        help_text=_("Of the same generator. For instance 1: only prompts it has not answered yet."),
        required=False,
        min_value=1,
        max_value=MISSING_AT_MOST,
    )
    limit = forms.IntegerField(
        label=_("At most so many prompts"),
        help_text=_("The oldest of them. Try a few first."),
        required=False,
        min_value=1,
        max_value=LIMIT_AT_MOST,
    )

    def __init__(
        self,
        *args: Any,
        project: Project,
        choices: PromptChoices,
        revisions: list[GeneratorRevision],
        **kwargs: Any,
    ) -> None:
        self.project, self.choices, self.revisions = project, choices, revisions
        super().__init__(*args, **kwargs)
        names = [revision.generator.name for revision in revisions]
        self._offer("generators", [(name, name) for name in names])
        every = ("", _now("all"))
        for name, counted in (
            ("source", choices.sources),
            ("language", choices.languages),
            ("tag", choices.tags),
        ):
            self._offer(name, [every, *(_counted(*each, choices) for each in counted)])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            asked = self.asked()
            try:
                parse_prompts(asked["prompts"], project=self.project)
                check_budgets_can_be_kept(
                    budget=cleaned["budget"],
                    project=self.project,
                    revisions=named_revisions(asked["generators"]),
                )
            except InvalidInput as error:
                self.refuse(error)
        return cleaned

    def refuse(self, error: DomainError) -> None:
        """What is wrong with the prompts is said where they are chosen first."""
        at = "source" if error.attr == "prompts" else error.attr
        super().refuse(InvalidInput(error.detail, attr=at))

    def asked(self) -> dict[str, Any]:
        """What `estimate_run` takes beside the project, and `start_run` with a budget."""
        data = self.cleaned_data
        wanted = {name: data[name] for name in _FILTERS if data.get(name)}
        return {
            "generators": data["generators"],
            "samples": data["samples"],
            "prompts": wanted or "all",
        }


def _counted(name: str, count: int, choices: PromptChoices) -> tuple[str, str]:
    """A choice with how many prompts it has, of which the oldest may not have been counted."""
    more = "" if choices.whole else "+"
    return name, f"{name} ({number_format(count, force_grouping=True)}{more})"
