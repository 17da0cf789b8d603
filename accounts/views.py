"""Pages of an account beyond those of django-allauth."""

from typing import Any, cast

from allauth.account.adapter import get_adapter
from allauth.account.views import LoginView
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.services import labeler_of
from accounts.terms import terms


class SignIn(LoginView):
    """allauth's, which also says whether one could sign up."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"open_signup": get_adapter().is_open_for_signup(self.request)}


sign_in = SignIn.as_view()


@never_cache
@login_required
@require_safe
def consented(request: HttpRequest, version: str) -> HttpResponse:
    """The terms of a version that the person accepted; 404 for every other."""
    labeler = labeler_of(user=cast(User, request.user))
    consent = get_object_or_404(labeler.consents, version=version)
    text = terms(version=version, pseudonym=labeler.pseudonym)
    return render(request, "accounts/consented.html", {"consent": consent, "terms": text})
