"""What a project is: its name and purpose, languages and licence, guidelines, first people."""

from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.services import clean_email
from collector.models import Membership, Project
from common.errors import InvalidInput
from dashboard.forms import PageForm
from dashboard.pages.fields import (
    Words,
    description_field,
    languages_field,
    licence_field,
    split,
)
from labeling.services.policies import GUIDELINES_MAX

SLUG_LENGTH = 64
INVITED_AT_ONCE = 20
# What the form has a field for, and the role that each field gives.
INVITED = {
    "labelers": Membership.Role.LABELER,
    "reviewers": Membership.Role.REVIEWER,
    "researchers": Membership.Role.RESEARCHER,
}


def _name() -> forms.CharField:
    return forms.CharField(label=_("Name"), max_length=200)


class PurposeForm(PageForm):
    """The name, the address and the purpose of a new project."""

    name = _name()
    slug = forms.SlugField(
        label=_("Short name"),
        help_text=_(
            "Part of every address, so it cannot be changed later: letters, digits, “-” and “_”. "
            "Left empty, it is made from the name."
        ),
        required=False,
        max_length=SLUG_LENGTH,
    )
    description = description_field()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "name" in cleaned and "slug" in cleaned:
            slug = cleaned["slug"] or slugify(cleaned["name"])[:SLUG_LENGTH].strip("-")
            if not slug:
                missing = _now("No short name can be made from this name. Please type one.")
                self.refuse(InvalidInput(missing, attr="slug"))
            elif Project.objects.filter(slug=slug).exists():
                taken = _now("There is a project with the slug %s.") % slug
                self.refuse(InvalidInput(taken, attr="slug"))
            cleaned["slug"] = slug
        return cleaned


class TermsForm(PageForm):
    """What the prompts are written in, and what may be done with the data."""

    languages = languages_field()
    licence = licence_field()


class DetailsForm(TermsForm):
    """What can be changed of a project that there is."""

    name = _name()
    description = description_field()
    field_order = ["name", "description", "languages", "licence"]


class GuidelinesForm(PageForm):
    """What labelers read before they judge, and beside their work."""

    guidelines = forms.CharField(
        label=_("Guidelines"),
        help_text=_("Markdown. What makes a response better, with examples: people agree more."),
        max_length=GUIDELINES_MAX,
        required=False,
        widget=forms.Textarea({"rows": 18}),
    )

    def clean_guidelines(self) -> str:
        # Browsers send line ends as CRLF; a text that did not change is no new version.
        return str(self.cleaned_data["guidelines"]).replace("\r\n", "\n")


def _addresses(label: Words, help_text: Words) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=10_000,
        widget=forms.Textarea({"rows": 3}),
    )


class InvitingForm(PageForm):
    """E-mail addresses of the first people, by role."""

    labelers = _addresses(
        _("Labelers"), _("E-mail addresses, one a line. They judge, and see nobody's judgments.")
    )
    reviewers = _addresses(
        _("Reviewers"), _("They decide on disagreements, answer letters, and let people work.")
    )
    researchers = _addresses(_("Researchers"), _("They may do everything that you may do here."))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in INVITED:
            if name in cleaned:
                cleaned[name] = self._addresses_of(name, cleaned[name])
        if sum(len(cleaned.get(name, [])) for name in INVITED) > INVITED_AT_ONCE:
            many = _now("Invite at most %d people here, and the others later.") % INVITED_AT_ONCE
            self.refuse(InvalidInput(many))
        return cleaned

    def _addresses_of(self, name: str, typed: str) -> list[str]:
        addresses = list(dict.fromkeys(address.lower() for address in split(typed)))
        for address in addresses:
            try:
                clean_email(address)
            except InvalidInput as error:
                self.add_error(name, error.detail)
        return addresses


class BudgetsForm(PageForm):
    """What asking models may cost; empty is no bound. The service reads the amounts."""

    budget = forms.CharField(
        label=_("Of all time"), help_text=_("Empty: no bound."), required=False, max_length=20
    )
    monthly_budget = forms.CharField(
        label=_("Of a calendar month"),
        help_text=_("In UTC. Empty: no bound."),
        required=False,
        max_length=20,
    )

    def budgets(self) -> dict[str, str | None]:
        """The amounts as the budgets' service takes them."""
        return {name: self.cleaned_data[name] or None for name in self.fields}
