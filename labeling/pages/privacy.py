"""One's data: download it, cut the link to it, or have one's words erased."""

from typing import cast

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.confirming import confirmed
from accounts.models import User
from accounts.services import labeler_of
from common.errors import DomainError
from labeling.pages.care_forms import EraseForm
from labeling.personal_data import personal_archive
from labeling.services.privacy import anonymise, erase


@never_cache
@login_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept about the person, and what they can do about it."""
    labeler = labeler_of(user=cast(User, request.user))
    return render(request, "labeling/me/privacy.html", {"pseudonym": labeler.pseudonym})


@never_cache
@login_required
@confirmed
@require_safe
def download(request: HttpRequest) -> FileResponse:
    """All that is kept about the person, as a zip of JSON."""
    user = cast(User, request.user)
    archive = personal_archive(user=user, labeler=labeler_of(user=user))
    return FileResponse(
        archive, as_attachment=True, filename="my-data.zip", content_type="application/zip"
    )


@never_cache
@login_required
@confirmed
@require_http_methods(["GET", "POST"])
def anonymise_me(request: HttpRequest) -> HttpResponse:
    """Cut the link between account and pseudonym, after the password and a tick."""
    form = EraseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            anonymise(labeler=labeler_of(user=cast(User, request.user)))
        except DomainError as error:
            form.add_error(None, error.detail)
        else:
            done = _("Done. Nothing links you to your former pseudonym any more.")
            messages.success(request, done)
            return redirect("home")
    status = 400 if form.errors else 200
    return render(request, "labeling/me/anonymise.html", {"form": form}, status=status)


@never_cache
@login_required
@confirmed
@require_http_methods(["GET", "POST"])
def erase_me(request: HttpRequest) -> HttpResponse:
    """Blank one's words, cut the link, delete the account, after the password and a tick."""
    user = cast(User, request.user)
    form = EraseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        labeler = labeler_of(user=user)
        try:
            erase(user=user, labeler=labeler)
        except DomainError as error:
            form.add_error(None, error.detail)
        else:
            logout(request)
            return render(request, "labeling/me/erased.html", {"labeler": labeler.uid})
    status = 400 if form.errors else 200
    return render(request, "labeling/me/erase.html", {"form": form}, status=status)
