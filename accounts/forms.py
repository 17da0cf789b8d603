"""Forms of an account."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ConsentForm(forms.Form):
    """The terms are accepted by ticking a box, never by leaving one ticked."""

    accept = forms.BooleanField(
        label=_("I have read this and take part"),
        error_messages={
            "required": _("Tick the box if you agree; without it no task can be given.")
        },
    )
