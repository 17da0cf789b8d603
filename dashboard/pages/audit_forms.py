"""What the audit can be asked for."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.models import Event
from audit.reading import Wish
from audit.tracked import KINDS
from dashboard.forms import PageForm

_ALL = ("", _("all"))
LATEST = date(9998, 12, 31)  # the day after it can be told, too


class AuditForm(PageForm):
    """The filters of the list; days are UTC, the last one included."""

    kind = forms.ChoiceField(label=_("What"), choices=[_ALL, *KINDS], required=False)
    action = forms.ChoiceField(
        label=_("Was"), choices=[_ALL, *Event.Action.choices], required=False
    )
    via = forms.ChoiceField(label=_("Through"), choices=[_ALL, *Event.Via.choices], required=False)
    person = forms.CharField(label=_("Who, or about whom"), required=False, max_length=254)
    label = forms.CharField(label=_("Name"), required=False, max_length=300)
    since = forms.DateField(
        label=_("From day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("To day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def wish(self) -> Wish:
        """What was asked for, as far as it makes sense."""
        self.is_valid()
        chosen: dict[str, Any] = {**self.cleaned_data}
        since, until = chosen.pop("since", None), chosen.pop("until", None)
        return Wish(
            **chosen,
            since=since and _midnight(since),
            until=until and _midnight(until) + timedelta(days=1),
        )


def _midnight(day: date) -> datetime:
    return datetime.combine(min(day, LATEST), time.min, UTC)
