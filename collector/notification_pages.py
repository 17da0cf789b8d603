"""Pages about mails of what happens: which of them one wants, and the way out that each names."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.models import User
from collector.events import EVENTS
from collector.services.notifications import (
    set_switches,
    switches_of,
    unsubscribe,
    unsubscribed_project,
)
from common.errors import NotFound


class SwitchesForm(forms.Form):
    """A field for each project, by its slug: the events of which one gets mails."""

    def __init__(self, rows: list[dict[str, Any]], data: Any = None) -> None:
        super().__init__(data)
        self.rows = rows
        for row in rows:
            known = [name for name in EVENTS if name in (*row["on"], *row["off"])]
            self.fields[row["project"].slug] = forms.MultipleChoiceField(
                label=row["project"].name,
                choices=[(name, EVENTS[name].words) for name in known],
                initial=row["on"],
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    """Which mails one gets of which project."""
    user = cast(User, request.user)
    rows = switches_of(user=user)
    form = SwitchesForm(rows, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        _store(user, form)
        messages.success(request, _("Your settings are stored."))
        return redirect("notifications")
    status = 400 if form.errors else 200
    return render(request, "collector/notifications.html", {"form": form}, status=status)


@transaction.atomic
def _store(user: User, form: SwitchesForm) -> None:
    for row in form.rows:
        wanted = form.cleaned_data[row["project"].slug]
        off = [name for name in (*row["on"], *row["off"]) if name not in wanted]
        if set(off) != set(row["off"]):
            set_switches(user=user, project=row["project"], off=off)


@never_cache
@csrf_exempt  # mail programs post to it by themselves (RFC 8058); the address is the secret
@require_http_methods(["GET", "POST"])
def stop_mails(request: HttpRequest, token: str) -> HttpResponse:
    """End the mails about a project by the link in one of them, signed in or not."""
    done = request.method == "POST"
    try:
        project = unsubscribe(token=token) if done else unsubscribed_project(token=token)
    except NotFound as error:
        raise Http404(error.detail) from error
    return render(request, "collector/unsubscribe.html", {"project": project, "done": done})
