"""What the list of prompts can be asked for; what makes no sense is left out of the question."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from collector.models import MessageFlag, Project, Source
from collector.searching import QUERY_MAX

SOURCES_MAX = 200  # of the choice
_ALL = ("", _("all"))


class PromptsForm(forms.Form):
    """The search above the list."""

    q = forms.CharField(
        label=_("Words"), required=False, max_length=QUERY_MAX, widget=forms.SearchInput
    )
    source = forms.ChoiceField(label=_("Source"), required=False)
    flag = forms.ChoiceField(
        label=_("Flag"), choices=[_ALL, *MessageFlag.Kind.choices], required=False
    )

    def __init__(self, data: Mapping[str, Any], *, project: Project) -> None:
        super().__init__(data, label_suffix="")
        names = Source.objects.filter(project=project).order_by("name").distinct()
        offered = [(name, name) for name in names.values_list("name", flat=True)[:SOURCES_MAX]]
        self.fields["source"].choices = [_ALL, *offered]  # type: ignore[attr-defined]
        self.is_valid()

    def chosen(self) -> dict[str, str]:
        """What was asked for, as it stands in an address."""
        return {name: value for name, value in self.cleaned_data.items() if value}
