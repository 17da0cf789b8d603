"""What the pages of figures can be asked for; what makes no sense is left out of the question."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Labeler
from collector.models import Project
from labeling.correspondence import offered_in
from labeling.models.judgments import Purpose
from labeling.pages.labeler_board import choices
from labeling.texts.language_names import language_name

WHO: dict[str, tuple[str, ...]] = {
    "machine": (Purpose.MACHINE,),
    "adjudication": (Purpose.ADJUDICATION,),
}


METHODS = [
    ("", _("Bradley–Terry")),
    ("davidson", _("Davidson (ties apart)")),
    ("rao_kupper", _("Rao–Kupper (ties apart)")),
    ("crowd_bt", _("CrowdBT (by reliability)")),
    ("plackett_luce", _("Plackett–Luce (whole orders)")),
]


class AskingForm(forms.Form):
    """Answers for the fields that make sense, and empty ones for the others."""

    def answers(self) -> dict[str, Any]:
        self.is_valid()
        return self.cleaned_data

    def chosen(self) -> dict[str, Any]:
        """What was asked for beyond the usual, as it stands in an address."""
        return {name: value for name, value in self.answers().items() if value}


class LeaderboardForm(AskingForm):
    tag = forms.ChoiceField(label=_("Topic"), required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)
    who = forms.ChoiceField(
        label=_("Votes of"),
        choices=[("", _("people")), ("machine", _("judges")), ("adjudication", _("experts"))],
        required=False,
    )
    model = forms.ChoiceField(label=_("Rated by"), choices=METHODS, required=False)
    length_controlled = forms.BooleanField(label=_("Equal lengths"), required=False)

    def __init__(self, data: Mapping[str, Any], *, project: Project) -> None:
        super().__init__(data)
        languages, topics = offered_in(projects=[project])
        named = [(code, language_name(code)) for code in languages]
        tags = [("", _("all")), *((topic, topic) for topic in topics)]
        self.fields["tag"].choices = tags  # type: ignore[attr-defined]
        self.fields["language"].choices = [("", _("all")), *named]  # type: ignore[attr-defined]

    def options(self) -> dict[str, Any]:
        """What was asked for, as the figures' `Options` take it."""
        asked = self.chosen()
        if "length_controlled" in asked:  # which is of the usual model alone
            asked.pop("model", None)
        who = {"purposes": WHO[asked.pop("who")]} if "who" in asked else {}
        return asked | who

    def query(self) -> dict[str, Any]:
        """What was asked for, as the API takes it."""
        options = self.options()
        if "purposes" in options:
            options["purposes"] = ",".join(options["purposes"])
        return options


class LabelersForm(AskingForm):
    q = forms.CharField(
        label=_("Pseudonym"), required=False, max_length=64, widget=forms.SearchInput
    )
    kind = forms.ChoiceField(
        label=_("Kind"), choices=[("", _("all")), *Labeler.Kind.choices], required=False
    )
    flagged = forms.BooleanField(label=_("With flags only"), required=False)
    sort = forms.ChoiceField(label=_("Sorted by"), choices=choices, required=False)
    page = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
