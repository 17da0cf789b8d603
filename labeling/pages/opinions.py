"""Machine judges' opinions on one's own answer: looked at after it, and answered."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.models import Labeler, User
from accounts.services import labeler_of
from common.errors import DomainError, NotFound
from labeling.pages.forms import BOTH_BAD
from labeling.ranking import parse_ranking
from labeling.services.reconsidering import change_mind, second_look, show_opinions


class SecondThoughtForm(forms.Form):
    """The order as one sees it now: `2 1=3` as on the desk, or that nothing is acceptable."""

    ranking = forms.CharField(max_length=100, required=False)
    unacceptable = forms.BooleanField(required=False)

    def __init__(self, *args: Any, places: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = places

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["tiers"] = None
        if not cleaned.get("unacceptable"):
            try:
                cleaned["tiers"] = parse_ranking(cleaned.get("ranking", ""), places=self.places)
            except ValidationError as error:
                self.add_error("ranking", error)
        return cleaned


@never_cache
@login_required
@require_POST
def see_opinions(request: HttpRequest, judgment: UUID) -> HttpResponse:
    """Show what machine judges said of an answer of one's own; it stands as it is from then on."""
    try:
        show_opinions(labeler=_labeler(request), uid=judgment)
    except NotFound as error:
        raise Http404 from error
    return _back(judgment)


@never_cache
@login_required
@require_POST
def reconsider(request: HttpRequest, judgment: UUID) -> HttpResponse:
    """Say what one thinks now; the answer before stays as it was given."""
    labeler = _labeler(request)
    form = SecondThoughtForm(request.POST, places=_places_seen(labeler, judgment))
    if "keep" in request.POST:
        messages.success(request, _("Your answer is kept as it is."))
        return redirect("contributions")
    if not form.is_valid():
        messages.error(request, " ".join(str(error[0]) for error in form.errors.values()))
        return _back(judgment)
    tiers = form.cleaned_data["tiers"]
    try:
        why = None if tiers else BOTH_BAD
        change_mind(labeler=labeler, uid=judgment, tiers=tiers, not_rankable=why)
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, _("Stored beside your first answer, which stays as it was."))
    return _back(judgment)


def _places_seen(labeler: Labeler, judgment: UUID) -> int:
    """How many responses the answer is about, once the opinions on it were shown; else 404."""
    try:
        seen = second_look(labeler=labeler, uid=judgment)
    except NotFound as error:
        raise Http404 from error
    if seen is None or not seen.shown:
        raise Http404
    return seen.places


def _labeler(request: HttpRequest) -> Labeler:
    return labeler_of(user=cast(User, request.user))


def _back(judgment: UUID) -> HttpResponse:
    return redirect(f"{reverse('contribution', args=[judgment])}#opinions")
