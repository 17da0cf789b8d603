"""What the list of tasks can be asked for; what makes no sense is left out of the question."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.models import Task
from labeling.task_list import Wish

STATES = [
    ("", _("all")),
    (Task.State.OPEN, _("open")),
    (Task.State.COMPLETE, _("complete")),
    (Task.State.VOID, _("void")),
]
DISAGREEMENTS = [
    ("", _("any")),
    ("0.01", _("votes differ")),
    ("0.5", _("disputed: two sides")),
    ("0.7", _("strongly disputed")),
]


class TasksForm(forms.Form):
    """The filters above the list."""

    state = forms.ChoiceField(label=_("State"), choices=STATES, required=False)
    disagreement = forms.ChoiceField(label=_("Disagreement"), choices=DISAGREEMENTS, required=False)

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data, label_suffix="")
        self.is_valid()

    def chosen(self) -> dict[str, str]:
        """What was asked for beyond the usual, as it stands in an address."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    def wish(self) -> Wish:
        """What was asked for, as far as it makes sense."""
        chosen = self.chosen()
        least = chosen.get("disagreement")
        return Wish(chosen.get("state", ""), None if least is None else float(least))


class PositionForm(forms.Form):
    """Where a page of the list begins: behind that task."""

    older = forms.UUIDField(required=False)
    newer = forms.UUIDField(required=False)
