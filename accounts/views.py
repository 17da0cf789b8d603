"""Pages of an account beyond those of django-allauth."""

from typing import Any, cast

from allauth.account.adapter import get_adapter
from allauth.account.views import LoginView
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import ConsentForm
from accounts.models import Consent, Labeler, User
from accounts.services import accept_consent, has_consented, labeler_of, last_consent
from accounts.terms import Change, changes, terms


class SignIn(LoginView):
    """allauth's, which also says whether one could sign up."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"open_signup": get_adapter().is_open_for_signup(self.request)}


sign_in = SignIn.as_view()


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def consent(request: HttpRequest) -> HttpResponse:
    """The terms in force, and the place to accept them. Open to everyone signed in."""
    labeler = labeler_of(user=cast(User, request.user))
    form = ConsentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        accept_consent(labeler=labeler)
        return redirect(_next_page(request))
    last = last_consent(labeler=labeler)
    context = {
        "form": form,
        "version": settings.CONSENT_VERSION,
        "terms": terms(pseudonym=labeler.pseudonym),
        "accepted": has_consented(labeler=labeler),
        "last": last,
        "changes": _changes(last, labeler),
        "next": _next_page(request),
    }
    return render(request, "accounts/consent.html", context, status=400 if form.errors else 200)


@never_cache
@login_required
@require_safe
def consented(request: HttpRequest, version: str) -> HttpResponse:
    """The terms of a version that the person accepted; 404 for every other."""
    labeler = labeler_of(user=cast(User, request.user))
    consent = get_object_or_404(labeler.consents, version=version)
    text = terms(version=version, pseudonym=labeler.pseudonym)
    return render(request, "accounts/consented.html", {"consent": consent, "terms": text})


def _changes(last: Consent | None, labeler: Labeler) -> list[Change]:
    """What is new to somebody who accepted earlier terms."""
    if last is None or last.version == settings.CONSENT_VERSION:
        return []
    return changes(since=last.version, pseudonym=labeler.pseudonym)


def _next_page(request: HttpRequest) -> str:
    """Where the person was going, if it is a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else "/"
