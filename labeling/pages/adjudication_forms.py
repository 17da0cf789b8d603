"""What the pages of adjudication post."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from labeling.models import Adjudication
from labeling.pages.forms import AnswerForm, TextField
from labeling.services.adjudicating import NOTE_MAX, PUT_BACK_CHOICES, Decision
from labeling.services.policies import GUIDELINES_MAX
from labeling.services.submitting import Answer

Kind = Adjudication.Kind
# Any of these filled in begins an answer.
BEGUN = ("ranking", "choice", "scale", "unacceptable")


class DecisionForm(forms.Form):
    """What an expert decided. What does not belong to the kind that they chose is left out."""

    kind = forms.ChoiceField(choices=Kind.choices)
    note = TextField(max_length=NOTE_MAX)
    guidelines = TextField(max_length=2 * GUIDELINES_MAX)
    base = forms.IntegerField(min_value=0, required=False)
    put_back = forms.ChoiceField(
        choices=[(name, name) for name in PUT_BACK_CHOICES], required=False
    )

    def __init__(self, data: Mapping[str, Any], *, places: int, modes: Sequence[str]) -> None:
        super().__init__(data)
        self._answer = AnswerForm(data, places=places, modes=modes)
        self.fields["kind"].error_messages = dict.fromkeys(
            ("required", "invalid_choice"), _("Say what kind of disagreement it is.")
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind") and self._answers(cleaned) and not self._answer.is_valid():
            for problems in self._answer.errors.values():
                self.add_error(None, str(problems[0]))
        return cleaned

    def decision(self) -> Decision:
        """The decision as the service takes it."""
        data = self.cleaned_data
        gap = data["kind"] == Kind.GUIDELINE_GAP
        return Decision(
            kind=data["kind"],
            answer=self._given() if self._answers(data) else None,
            note=data["note"],
            guidelines=data["guidelines"] if gap else "",
            base=data["base"] or 0,
            put_back=(data["put_back"] or "none") if gap else "none",
        )

    def _answers(self, cleaned: Mapping[str, Any]) -> bool:
        """Whether there is an answer: a slip needs one, an ambiguous prompt has none."""
        if cleaned["kind"] == Kind.AMBIGUOUS_PROMPT:
            return False
        begun = any(str(self.data.get(field, "")).strip() for field in BEGUN)
        return begun or cleaned["kind"] == Kind.SLIP

    def _given(self) -> Answer:
        return self._answer.answer()


class ListForm(forms.Form):
    """Which list, and which page of it."""

    state = forms.ChoiceField(choices=[("open", ""), ("resolved", "")], required=False)
    kind = forms.ChoiceField(choices=Kind.choices, required=False)
    page = forms.IntegerField(min_value=1, max_value=500, required=False)


class NextForm(forms.Form):
    """Behind which one."""

    after = forms.UUIDField(required=False)


class OpenForm(forms.Form):
    """The task to be put before an expert."""

    task = forms.UUIDField()


class GuidelinesForm(forms.Form):
    """A text that guidelines may become."""

    guidelines = TextField(max_length=2 * GUIDELINES_MAX)
