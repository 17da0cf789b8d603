"""Forms of an account."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import PersonalToken
from accounts.tokens import NAME_MAX


class ConsentForm(forms.Form):
    """The terms are accepted by ticking a box, never by leaving one ticked."""

    accept = forms.BooleanField(
        label=_("I have read this and take part"),
        error_messages={
            "required": _("Tick the box if you agree; without it no task can be given.")
        },
    )


class TokenForm(forms.Form):
    """A new token: what it is for, what it is good for, and for how long."""

    name = forms.CharField(
        label=_("What is it for?"),
        max_length=NAME_MAX,
        help_text=_("A name by which you will know it, such as “training script”."),
    )
    scope = forms.ChoiceField(
        label=_("What may it do?"),
        choices=PersonalToken.Scope.choices,
        help_text=_("Never more than you may do yourself."),
    )
    days = forms.TypedChoiceField(
        label=_("How long is it good?"),
        coerce=int,
        empty_value=None,
        required=False,
        initial=90,
        choices=[
            (7, _("a week")),
            (30, _("30 days")),
            (90, _("90 days")),
            (365, _("a year")),
            ("", _("until I end it")),
        ],
    )
