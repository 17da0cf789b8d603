"""What the compare page posts, as forms."""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.answers import RATIONALE_MAX, REASON_MAX, SECONDS_MAX
from labeling.models import Skip
from labeling.services.submitting import Answer

STRENGTHS = [
    (3, gettext_lazy("significantly better")),
    (2, gettext_lazy("better")),
    (1, gettext_lazy("slightly better")),
    (0, gettext_lazy("negligibly better or unsure")),
]
SKIP_REASONS = [choice for choice in Skip.Reason.choices if choice[0] != Skip.Reason.EXPIRED]
SEPARATORS = " \t,;>、"


def parse_ranking(text: str, *, places: int) -> list[list[str]]:
    """Tiers of places from `2 1=3`: best first, `=` ties. Separators are optional: `21=3`.

    Full-width signs, as East Asian keyboards type them, count like the others.

    Raises ValidationError unless every place from 1 to `places` stands there exactly once.
    """
    tiers: list[list[str]] = []
    tie = False
    for character in unicodedata.normalize("NFKC", text):
        if character in SEPARATORS:
            continue
        if character == "=" and tiers and not tie:
            tie = True
        elif character in "123456789" and int(character) <= places:
            tiers[-1].append(character) if tie else tiers.append([character])
            tie = False
        else:
            raise ValidationError(_objection(character, places=places))
    _check_complete([place for tier in tiers for place in tier], places=places)
    if tie:
        raise ValidationError(_("Something is missing after the last =."))
    return tiers


def _objection(character: str, *, places: int) -> str:
    if character == "=":
        return _("A = stands between two numbers: 2 1=3.")
    if character in "0123456789":
        return _("No response is number %(sign)s: there are %(places)d.") % {
            "sign": character,
            "places": places,
        }
    return (
        _(
            "“%s” cannot be read. "
            "Write the numbers of the responses, best first, with = for ties: 2 1=3."
        )
        % character
    )


def _check_complete(ranked: list[str], *, places: int) -> None:
    twice = sorted({place for place in ranked if ranked.count(place) > 1})
    if twice:
        raise ValidationError(_("Ranked twice: %s.") % ", ".join(twice))
    missing = [str(place) for place in range(1, places + 1) if str(place) not in ranked]
    if missing:
        raise ValidationError(_("Still to rank: %s.") % ", ".join(missing))


class AnswerForm(forms.Form):
    """An answer to a compare task of `places` responses.

    What the policy does not ask for stays empty; if it is filled in, the service refuses it.
    """

    submit_key = forms.CharField(max_length=64)
    ranking = forms.CharField(max_length=100, required=False)
    unacceptable = forms.BooleanField(required=False)
    reason = forms.CharField(max_length=REASON_MAX, required=False)
    strength = forms.TypedChoiceField(
        choices=STRENGTHS, coerce=int, empty_value=None, required=False
    )
    rationale = forms.CharField(max_length=RATIONALE_MAX, required=False)
    seconds = forms.FloatField(min_value=0, max_value=SECONDS_MAX, required=False)

    def __init__(self, *args: Any, places: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = places
        for place in range(1, places + 1):
            self.fields[f"overall_{place}"] = forms.IntegerField(
                min_value=1, max_value=7, required=False
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("unacceptable"):
            if not cleaned.get("reason"):
                self.add_error("reason", _("Say in a few words why no response is acceptable."))
            return cleaned
        try:
            cleaned["tiers"] = parse_ranking(cleaned.get("ranking", ""), places=self.places)
        except ValidationError as error:
            self.add_error("ranking", error)
        return cleaned

    def answer(self) -> Answer:
        """The answer as the submitting service takes it; an unanswered question is absent."""
        data = self.cleaned_data
        overalls = {
            str(place): data[f"overall_{place}"]
            for place in range(1, self.places + 1)
            if data[f"overall_{place}"] is not None
        }
        unacceptable = data["unacceptable"]
        return Answer(
            submit_key=data["submit_key"],
            tiers=None if unacceptable else data["tiers"],
            strength=None if unacceptable else data["strength"],
            not_rankable=data["reason"] if unacceptable else None,
            ratings={place: {"overall": overall} for place, overall in overalls.items()},
            answers={},
            rationale=data["rationale"],
            seconds=data["seconds"],
        )


class SkipForm(forms.Form):
    """Why a task is passed."""

    reason = forms.ChoiceField(choices=SKIP_REASONS)
    note = forms.CharField(max_length=2000, required=False)
