"""Forms about people: who is looked for, whom to invite, what to decide, what to pay."""

from datetime import date
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from collector.models import Membership
from collector.services.invitations import MOST_DAYS, MOST_USES
from collector.services.inviting import MOST_ADDRESSES
from dashboard.forms import PageForm
from labeling.members import SEARCH_MAX
from labeling.pay import MINUTES_COUNTED, MOST_MINUTES, MOST_RATE, Terms
from labeling.services.standings import REASON_MAX

ROLES = {
    Membership.Role.LABELER: _("Labeler: judges, and sees neither models nor others' judgments"),
    Membership.Role.REVIEWER: _("Reviewer: decides on disagreements, letters and labelers"),
    Membership.Role.RESEARCHER: _("Researcher: everything in this project, people included"),
    Membership.Role.TRAINER: _("Trainer: reads figures and datasets"),
}
EVERYTHING = [("", _("Everybody")), *Membership.Role.choices]


def _role_field() -> forms.ChoiceField:
    return forms.ChoiceField(label=_("As"), choices=[(role.value, ROLES[role]) for role in ROLES])


def _days_field() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Good for, in days"), min_value=1, max_value=MOST_DAYS, initial=7
    )


def _day() -> forms.DateInput:
    return forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class PeopleFilter(forms.Form):
    """Who is shown; what makes no sense is left out."""

    search = forms.CharField(label=_("Address or name"), required=False, max_length=SEARCH_MAX)
    role = forms.ChoiceField(label=_("Role"), required=False, choices=EVERYTHING)
    after = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def chosen(self) -> dict[str, Any]:
        """What was asked for and makes sense; the place in the list is `after`."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class MailForm(PageForm):
    """Invitations that are mailed, one to each address."""

    prefix = "mail"

    addresses = forms.CharField(
        label=_("E-mail addresses"),
        max_length=20_000,
        widget=forms.Textarea({"rows": 4, "spellcheck": "false", "autocapitalize": "off"}),
        help_text=format_lazy(
            _("One or several, parted by commas, spaces or lines; at most {most} at once."),
            most=MOST_ADDRESSES,
        ),
    )
    role = _role_field()
    days = _days_field()


class LinkForm(PageForm):
    """A link for whoever gets it."""

    prefix = "link"

    role = _role_field()
    uses = forms.IntegerField(
        label=_("For so many people"), min_value=1, max_value=MOST_USES, initial=1
    )
    days = _days_field()


class RoleForm(PageForm):
    """Another role for a member."""

    prefix = "role"

    role = _role_field()


class PauseForm(PageForm):
    """Why somebody is to pause."""

    prefix = "pause"

    reason = forms.CharField(
        label=_("Why?"),
        max_length=REASON_MAX,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("The labeler reads it in a letter, without your name."),
    )


class PayForm(PageForm):
    """What is counted, and what it is worth."""

    since = forms.DateField(label=_("From"), widget=_day())
    until = forms.DateField(label=_("To, this day included"), widget=_day())
    per_hour = forms.DecimalField(
        label=_("For an hour"), min_value=0, max_value=MOST_RATE, max_digits=10, required=False
    )
    per_task = forms.DecimalField(
        label=_("For a task"), min_value=0, max_value=MOST_RATE, max_digits=10, required=False
    )
    minutes = forms.IntegerField(
        label=_("Minutes of a task that count at most"),
        min_value=1,
        max_value=MOST_MINUTES,
        initial=MINUTES_COUNTED,
    )
    training = forms.BooleanField(label=_("Pay practice and tests too"), required=False)

    def terms(self) -> Terms:
        """What was asked for, of a valid form."""
        asked = {name: value for name, value in self.cleaned_data.items() if value is not None}
        return Terms(**asked)


def whole_month(first: date, last: date) -> dict[str, str | int]:
    """The parameters of a report before anything was asked for."""
    return {"since": first.isoformat(), "until": last.isoformat(), "minutes": MINUTES_COUNTED}
