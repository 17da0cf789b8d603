"""Who acts in a request, and from where."""

from collections.abc import Callable
from functools import cache
from ipaddress import ip_address
from typing import cast

from allauth.account.adapter import get_adapter
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import LazyObject
from knox.models import AuthToken

from accounts.tokens import holder_of, name_of
from audit.acting import Acting, acting
from audit.models import Event

API = "/api/"
Answer = Callable[[HttpRequest], HttpResponseBase]


def told(get_response: Answer) -> Answer:
    """Middleware: what is written in a request was done by its user, from its address."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        @cache
        def address() -> str:
            return address_of(request)

        def tell() -> Acting:
            api = request.path.startswith(API)
            match = request.resolver_match
            return {
                "user": _user_id(request),
                **_token(request),
                "address": address(),
                "via": Event.Via.API if api else Event.Via.PAGE,
                # As routed, not as sent: addresses of links may be keys.
                "place": f"/{match.route}" if match else "",
            }

        with acting(tell):
            return get_response(request)

    return middleware


def address_of(request: HttpRequest) -> str:
    """The client's IP address, behind as many proxies as are trusted; "" where nobody can tell."""
    try:
        found = get_adapter(request).get_client_ip(request)
        return str(ip_address(found))
    except (ImproperlyConfigured, PermissionDenied, ValueError):
        return ""


def _token(request: HttpRequest) -> Acting:
    """By which token somebody came, if by any. It is read with the request: that costs no query."""
    token = request.__dict__.get("auth")
    if not isinstance(token, AuthToken):
        return {}
    return {"token": name_of(token), "handed_to": holder_of(token)}


def _user_id(request: HttpRequest) -> int | None:
    """Who is signed in, as far as the request has asked already: telling costs no query."""
    user = request.__dict__.get("user")
    if isinstance(user, LazyObject):  # the session's; a token's, or of who just signed in, is not
        user = getattr(request, "_cached_user", None)
    return cast(int | None, user.pk) if user is not None else None
