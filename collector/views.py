"""Pages to join a project by an invitation."""

from typing import cast
from urllib.parse import urlencode

from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.services import has_consented, labeler_of
from collector.forms import BringForm
from collector.joining import bring_invitation, brought_invitation, forget_invitation
from collector.models import Invitation
from collector.services.invitations import accept_invitation, find_invitation
from common.errors import DomainError


@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("token")
def join(request: HttpRequest) -> HttpResponse:
    """Bring an invitation (POST); see what was brought, and the ways to accept it."""
    if request.method == "GET":
        invitation = brought_invitation(request)
        return _ways_in(request, invitation) if invitation else _ask(request, BringForm())
    limits = {"join": settings.JOIN_RATE_LIMIT}
    if not ratelimit.consume(request, app="concord", action="join", config=limits):
        return render(request, "429.html", status=429)
    form = BringForm(request.POST)
    if not form.is_valid():
        return _ask(request, form)
    try:
        invitation = find_invitation(token=form.cleaned_data["token"], now=timezone.now())
    except DomainError as error:
        form.add_error("token", error.detail)
        return _ask(request, form)
    bring_invitation(request, invitation)
    return redirect("join")


@never_cache
@require_POST
@login_required
def accept(request: HttpRequest) -> HttpResponse:
    """Become a member of the project; on to the terms, and from there to the work."""
    invitation = brought_invitation(request)
    if invitation is None:
        return redirect("join")
    user = cast(User, request.user)
    try:
        membership = accept_invitation(uid=invitation.uid, user=user, now=timezone.now())
    except DomainError as error:
        return _ways_in(request, invitation, refused=error.detail)
    forget_invitation(request)
    if membership.role != membership.Role.LABELER:
        return redirect("home")
    work = reverse("label", args=[membership.project.slug])
    if has_consented(labeler=labeler_of(user=user)):
        return redirect(work)
    return redirect(f"{reverse('consent')}?{urlencode({'next': work})}")


def _ask(request: HttpRequest, form: BringForm) -> HttpResponse:
    status = 400 if form.errors else 200
    return render(request, "collector/join.html", {"form": form}, status=status)


def _ways_in(request: HttpRequest, invitation: Invitation, refused: str = "") -> HttpResponse:
    context = {
        "invitation": invitation,
        "project": invitation.project,
        "back": urlencode({"next": reverse("join")}),
        "refused": refused,
        # Told only to who reads the mail of that address.
        "known": bool(invitation.email) and User.objects.filter(email=invitation.email).exists(),
    }
    return render(request, "collector/invited.html", context, status=403 if refused else 200)
