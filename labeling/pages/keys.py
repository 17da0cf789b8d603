"""The page on which people choose their keys."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.services import labeler_of
from labeling.keymap import NAMED_KEYS, keymap_of
from labeling.pages.keys_form import KeysForm
from labeling.services.preferences import set_keys, stored_keys


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """The keys in force, each to be changed; posting `reset` brings the defaults back."""
    labeler = labeler_of(user=cast(User, request.user))
    if "reset" in request.POST:
        set_keys(labeler=labeler, keys={})
        messages.success(request, _("All keys are as they were at first."))
        return redirect("keys")
    keymap = keymap_of(stored_keys(labeler=labeler))
    in_force = {bound.name: bound.joined for bound in keymap.actions}
    form = KeysForm(request.POST if request.method == "POST" else None, initial=in_force)
    if request.method == "POST" and form.is_valid():
        set_keys(labeler=labeler, keys=form.remaps())
        messages.success(request, _("Your keys are stored."))
        return redirect("keys")
    status = 400 if form.errors else 200
    context = {"form": form, "named_keys": " ".join(NAMED_KEYS)}
    return render(request, "labeling/keys.html", context, status=status)
