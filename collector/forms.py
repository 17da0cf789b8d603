"""Forms of the pages about projects."""

from django import forms
from django.utils.translation import gettext_lazy as _


class BringForm(forms.Form):
    """What is behind the “#” of an invitation's link; the whole link will do as well."""

    token = forms.CharField(
        label=_("Invitation link"),
        max_length=500,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autofocus": True}
        ),
    )

    def clean_token(self) -> str:
        return str(self.cleaned_data["token"]).rpartition("#")[2]
