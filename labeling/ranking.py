"""Rankings as people write them: `2 1=3`. No ORM."""

import unicodedata
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

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


def write_ranking(tiers: Sequence[Sequence[str]]) -> str:
    """The text that `parse_ranking` reads as these tiers of places."""
    return " ".join("=".join(sorted(tier)) for tier in tiers)


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
