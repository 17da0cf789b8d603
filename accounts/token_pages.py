"""The page of a person's own API tokens."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.confirming import confirmed
from accounts.forms import TokenForm
from accounts.models import User
from accounts.tokens import end_token, make_token, tokens_of
from common.errors import DomainError, NotFound


@never_cache
@login_required
@confirmed
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """One's tokens, and a form for a new one, whose secret is shown this once."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    secret = ""
    if request.method == "POST" and form.is_valid():
        try:
            _made, secret = make_token(user=_user(request), now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            form.add_error(error.attr if error.attr in form.fields else None, error.detail)
        else:
            form = TokenForm()
    context = {
        "form": form,
        "secret": secret,
        "tokens": tokens_of(user=_user(request)),
        "now": timezone.now(),
    }
    status = 400 if form.errors else 200
    return render(request, "accounts/tokens.html", context, status=status)


@never_cache
@login_required
@confirmed
@require_POST
def end(request: HttpRequest, token: str) -> HttpResponse:
    """Make a token good for nothing."""
    try:
        end_token(user=_user(request), id=token)
    except NotFound as error:
        raise Http404 from error
    messages.success(request, _("The token is good for nothing any more."))
    return redirect("tokens")


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
