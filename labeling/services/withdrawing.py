"""Warnings of content that nobody stands behind any more."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from labeling.answers import Rating
from labeling.content_warnings import WARNING_PURPOSES, warned_of
from labeling.models import ContentWarning, ResponseRating

Flagged = tuple[int, dict[str, bool], dict[str, Any]]  # response, flags, labels


def withdraw_warnings(former: Iterable[Flagged]) -> None:
    """Remove what these ratings, retired just now, warned of and no standing judgment does.

    Warnings of an imported file or of staff stay. The caller has stored the correction.
    """
    warned = _warned(former)
    if not warned:
        return
    standing = ResponseRating.objects.filter(
        response__in={response for response, _category in warned},
        judgment__retired_at__isnull=True,
        judgment__purpose__in=WARNING_PURPOSES,
    )
    gone = warned - _warned(standing.values_list("response", "flags", "labels"))
    if gone:
        named = Q()
        for response, category in gone:
            named |= Q(message=response, category=category)
        ContentWarning.objects.filter(named, source=ContentWarning.Source.JUDGMENT).delete()


def _warned(ratings: Iterable[Flagged]) -> set[tuple[int, str]]:
    return {
        warning
        for response, flags, labels in ratings
        for warning in warned_of({response: Rating(flags=flags, labels=labels)})
    }
