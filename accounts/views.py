"""Pages of an account beyond those of django-allauth."""

from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.forms import ConsentForm
from accounts.models import User
from accounts.services import accept_consent, has_consented, labeler_of


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
    context = {
        "form": form,
        "version": settings.CONSENT_VERSION,
        "terms": f"accounts/consent/version_{settings.CONSENT_VERSION}.html",
        "accepted": has_consented(labeler=labeler),
        "next": _next_page(request),
        "pseudonym": labeler.pseudonym,
    }
    return render(request, "accounts/consent.html", context, status=400 if form.errors else 200)


def _next_page(request: HttpRequest) -> str:
    """Where the person was going, if it is a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else "/"
