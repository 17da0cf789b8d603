"""Taking part: the terms in force, and the languages one reads."""

from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import Consent, Labeler, User
from accounts.services import accept_consent, has_consented, labeler_of, last_consent
from accounts.terms import Change, changes, terms
from collector.selectors import visible_projects
from labeling.correspondence import offered_in
from labeling.pages.care_forms import TakingPartForm
from labeling.services.preferences import preferences_of, save_preferences


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def consent(request: HttpRequest) -> HttpResponse:
    """The terms in force, and the place to accept them. Open to everyone signed in.

    Who accepts says which languages they read, so that no first task is in another one; what the
    browser asks for is ticked beforehand.
    """
    user = cast(User, request.user)
    labeler = labeler_of(user=user)
    form = _form(request, user, labeler)
    if request.method == "POST" and form.is_valid():
        _take_part(labeler, form)
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


def _form(request: HttpRequest, user: User, labeler: Labeler) -> TakingPartForm:
    projects = visible_projects(user=user).filter(archived_at__isnull=True)
    offered, _topics = offered_in(projects=projects)
    stored = preferences_of(labeler=labeler).languages
    return TakingPartForm(
        request.POST if request.method == "POST" else None,
        languages=sorted({*offered, *stored}),
        chosen=stored or read_by_browser(request, offered),
    )


@transaction.atomic
def _take_part(labeler: Labeler, form: TakingPartForm) -> None:
    if "languages" in form.cleaned_data:
        save_preferences(labeler=labeler, languages=form.cleaned_data["languages"])
    accept_consent(labeler=labeler)


def read_by_browser(request: HttpRequest, offered: list[str]) -> list[str]:
    """Those of the languages offered that the browser asks for, `pt-BR` where it says `pt` too."""
    header = request.headers.get("Accept-Language", "")
    asked = {_base(code) for code, weight in parse_accept_lang_header(header) if weight > 0}
    return [code for code in offered if _base(code) in asked]


def _base(code: str) -> str:
    return code.lower().split("-")[0]


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
