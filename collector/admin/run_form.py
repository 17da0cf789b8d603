"""The form that starts a run."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
)

from collector.models import Generator, Run
from collector.services.prompt_filters import LIMIT_AT_MOST, MISSING_AT_MOST, parse_prompts
from collector.services.run_requests import (
    SAMPLES_AT_MOST,
    check_budgets_can_be_kept,
    named_revisions,
)
from common.errors import InvalidInput

_TEXTS = ("source", "language", "tag")
_NUMBERS = ("missing", "limit")
FIELDSETS = (
    (None, {"fields": ("project", "generators", "samples", "budget")}),
    (_("Which prompts"), {"fields": (*_TEXTS, *_NUMBERS)}),
)


def _text(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, required=False, widget=UnfoldAdminTextInputWidget
    )


def _number(label: Any, help_text: Any, most: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        required=False,
        min_value=1,
        max_value=most,
        widget=UnfoldAdminIntegerFieldWidget,
    )


class RunForm(forms.ModelForm):  # type: ignore[type-arg]
    """What `start_run` refuses is said beside the field at fault."""

    generators = forms.ModelMultipleChoiceField(
        label=_("Generators"),
        queryset=Generator.objects.filter(enabled=True).order_by("name"),
        to_field_name="name",
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    samples = forms.IntegerField(
        label=_("Responses a prompt"),
        help_text=_("Of each generator. What is there already is not asked for again."),
        initial=1,
        min_value=1,
        max_value=SAMPLES_AT_MOST,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    source = _text(
        pgettext_lazy("where prompts came from", "Source"), _("Its name or id. Empty: all.")
    )
    language = _text(_("Language"), _("For instance en. Empty: all."))
    tag = _text(_("Tag"), _("Only prompts with this tag."))
    missing = _number(
        _("Fewer responses than"),
        _("Only prompts to which the generator has fewer responses than this."),
        MISSING_AT_MOST,
    )
    limit = _number(_("At most so many prompts"), _("The oldest of them."), LIMIT_AT_MOST)

    class Meta:
        model = Run
        fields = ("project", "samples", "budget")
        help_texts = {"budget": _("US dollars. The run pauses before they could be passed.")}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            asked = self.asked()
            try:
                parse_prompts(asked["prompts"], project=asked["project"])
                check_budgets_can_be_kept(
                    budget=cleaned["budget"],
                    project=asked["project"],
                    revisions=named_revisions(asked["generators"]),
                )
            except InvalidInput as error:
                attr = error.attr if error.attr in self.fields else None
                self.add_error("source" if error.attr == "prompts" else attr, error.detail)
        return cleaned

    def asked(self) -> dict[str, Any]:
        """What `estimate_run` takes, and `start_run` with a budget."""
        data = self.cleaned_data
        wanted = {name: data[name] for name in (*_TEXTS, *_NUMBERS) if data.get(name)}
        return {
            "project": data["project"],
            "generators": [generator.name for generator in data["generators"]],
            "samples": data["samples"],
            "prompts": wanted or "all",
        }
