"""The form of a policy: one way of ordering, what is asked beside it, and who may answer."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
)

from collector.models import MessageFlag
from common.errors import InvalidInput
from labeling.models import PolicyVersion
from labeling.models.policies import ORDERINGS, Mode, flags_kept_out
from labeling.services.policies import checked_settings

ASKED = [mode for mode in Mode if mode not in ORDERINGS]
SETTINGS = (
    *("responses", "overlap", "lease_minutes", "edit_window_minutes"),
    *("practice_items", "qualification_items", "qualification_share", "qualification_attempts"),
)
DISTRIBUTION = ("escalation", "stop_confidence", "daily_judgments", "most_judgments")
CHECKS = ("gold_share", "gold_evaluated_from", "gold_minimum", "repeat_share", "show_opinions")
SELECTION = ("selection", "selection_tasks")
# What is asked stands last: the preview follows it.
FIELDSETS = (
    (None, {"fields": ("project",)}),
    (_("How tasks are given out"), {"fields": (*SETTINGS[1:4], *DISTRIBUTION, "excluded_flags")}),
    (_("Which pairs become tasks"), {"fields": SELECTION}),
    (_("How work is checked"), {"fields": CHECKS}),
    (_("Training before the first task"), {"fields": SETTINGS[4:]}),
    (_("What is asked"), {"fields": ("ordering", "responses", "asks", "span_labels")}),
)


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """What `set_policy` refuses is said beside the field at fault."""

    ordering = forms.ChoiceField(
        label=_("Order"),
        choices=[(mode.value, mode.label) for mode in ORDERINGS],
        initial=Mode.RANK,
        widget=UnfoldAdminRadioSelectWidget,
    )
    asks = forms.MultipleChoiceField(
        label=_("Also asked"),
        choices=[(mode.value, mode.label) for mode in ASKED],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    span_labels = forms.CharField(
        label=_("Labels of marked stretches"),
        help_text=_("One a line. Needed where stretches are marked."),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )

    excluded_flags = forms.MultipleChoiceField(
        label=_("Kept out of tasks"),
        help_text=_("Prompts and responses with one of these flags, unless it was dismissed."),
        choices=MessageFlag.Kind.choices,
        initial=flags_kept_out,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = PolicyVersion
        fields: tuple[str, ...] = ("project", *SETTINGS, *DISTRIBUTION, *CHECKS, *SELECTION)

    def clean_span_labels(self) -> list[str]:
        return [line for line in self.cleaned_data["span_labels"].splitlines() if line.strip()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                checked_settings(**self.settings())
            except InvalidInput as error:
                self.add_error(self._field_at_fault(error.attr), error.detail)
        return cleaned

    def settings(self) -> dict[str, Any]:
        """The settings as the policy service takes them."""
        data = self.cleaned_data
        modes = [data["ordering"], *data["asks"]]
        asked = ("span_labels", "excluded_flags", *SETTINGS, *DISTRIBUTION, *CHECKS, *SELECTION)
        names = [name for name in asked if name in data]
        return {"modes": modes, **{name: data[name] for name in names}}

    def _field_at_fault(self, attr: str | None) -> str | None:
        if attr == "modes":
            return "asks"
        return attr if attr in self.fields else None


class PreviewForm(PolicyForm):
    """The part of a policy that can be seen on the page."""

    class Meta(PolicyForm.Meta):
        fields = ("responses",)
